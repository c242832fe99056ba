-- Values were written into files or beside them.
insert into embeds
select seq, "at"::timestamp, actor, mode, image_id, uri, how, why, target, before, after from event_rows;
