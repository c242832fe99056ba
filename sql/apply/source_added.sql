-- A source of images was named; naming it again changes nothing.
insert into source_roots
select source, uri, "at"::timestamp, actor from event_rows
where source not in (select source from source_roots);
