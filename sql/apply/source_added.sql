-- A source of images was named. Naming it again changes nothing, nor does a name that another source has.
insert into source_roots (source, uri, added_at, added_by)
select source, uri, "at"::timestamp, actor from event_rows
where source not in (select source from source_roots) and uri not in (select uri from source_roots)
qualify row_number() over (partition by source order by seq) = 1 and row_number() over (partition by uri order by seq) = 1;
