-- Files were seen for the first time or with new content. A moved file takes what was entered for it along.
insert into receipts
select image_id, source, batch, uri, size, checksum, moved_from, "at"::timestamp, seq from event_rows;

-- An id that has a file stands for itself again.
delete from aliases where old_id in (select image_id from event_rows);

update aliases set image_id = r.image_id from event_rows r where r.moved_from = aliases.image_id;

insert into aliases
select moved_from, image_id from event_rows
where moved_from is not null and moved_from not in (select old_id from aliases);

update entered_values set image_id = r.image_id from event_rows r where r.moved_from = entered_values.image_id;
