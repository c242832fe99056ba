-- Files were seen for the first time, with new content, or in another place. A moved file stays in the batch it came with
-- and takes what was entered for it along; what was entered for a file that had its new name before, is no longer shown.
create or replace temp table arriving as
select e.image_id, e.source, e.uri, e.size, e.checksum, e.moved_from, e.seq,
       coalesce(o.batch, e.batch) as batch, coalesce(o.received_at, e."at"::timestamp) as received_at
from event_rows e left join (
    select image_id, arg_max(batch, identity_order(seq, moved_from)) as batch,
           arg_max(received_at, identity_order(seq, moved_from)) as received_at
    from receipts where image_id in (select moved_from from event_rows) group by image_id
) o on o.image_id = e.moved_from;

insert into receipts (image_id, source, batch, uri, size, checksum, moved_from, received_at, seq)
select image_id, source, batch, uri, size, checksum, moved_from, received_at, seq from arriving;

-- What the catalogue says of these files is out of date until they are measured, which a kill may put off to another scan.
update seen_files set status = 'received' where image_id in (select image_id from arriving);

-- An id that has a file stands for itself again.
delete from aliases where old_id in (select image_id from arriving);

update aliases set image_id = a.image_id from arriving a where a.moved_from = aliases.image_id;

insert into aliases (old_id, image_id)
select moved_from, image_id from arriving where moved_from is not null;

delete from entered_values where image_id in (select image_id from arriving where moved_from is not null);

update entered_values set image_id = a.image_id from arriving a where a.moved_from = entered_values.image_id;

delete from value_history where image_id in (select image_id from arriving where moved_from is not null);

update value_history set image_id = a.image_id from arriving a where a.moved_from = value_history.image_id;

update entry_rows set image_id = a.image_id from arriving a where a.moved_from = entry_rows.image_id;
update entries_finished set image_id = a.image_id from arriving a where a.moved_from = entries_finished.image_id;
update double_entry_images set image_id = a.image_id from arriving a where a.moved_from = double_entry_images.image_id;
update compared_rows set image_id = a.image_id from arriving a where a.moved_from = compared_rows.image_id;
update adjudication_rows set image_id = a.image_id from arriving a where a.moved_from = adjudication_rows.image_id;
update gold_rows set image_id = a.image_id from arriving a where a.moved_from = gold_rows.image_id;
update gold_answer_rows set image_id = a.image_id from arriving a where a.moved_from = gold_answer_rows.image_id;

drop table arriving;
