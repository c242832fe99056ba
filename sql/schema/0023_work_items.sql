-- Time a person worked at an image, from the events that they left. A person's event counts from the one before it; a pause longer
-- than 120 seconds counts as none of it, because nobody can tell it from lunch. What follows such a pause has no beginning that is
-- known: an image with one event only, after a pause, has no time at all rather than a wrong one.
-- Taking an image and changing many at once only mark the time: a form takes the next image ahead, and bulk is nobody's pace.
create view work_marks as
select l.seq, l.actor, l."at", l.kind,
       case when l.kind = 'item_taken' or json_array_length(l.payload, '$.image_ids') > 1 then null
            else coalesce(a.image_id, json_extract_string(l.payload, '$.image_id'), json_extract_string(l.payload, '$.image_ids[0]')) end as image_id,
       case when l.kind in ('item_inspected', 'inspection_withdrawn') or json_extract_string(l.payload, '$.queue') like 'qc/inspection/%' then 'inspection'
            when l.kind in ('entry_made', 'entry_withdrawn') or json_extract_string(l.payload, '$.queue') like 'qc/entry/%' then 'entry'
            when l.kind = 'field_adjudicated' or json_extract_string(l.payload, '$.queue') like 'qc/adjudication/%' then 'adjudication'
            when l.kind in ('values_set', 'values_withdrawn', 'item_taken', 'item_returned') then 'tagging' end as task
from ledger_events l
left join aliases a on a.old_id = coalesce(json_extract_string(l.payload, '$.image_id'), json_extract_string(l.payload, '$.image_ids[0]'))
where l.kind not in ('scan_finished', 'images_received');

create view work_items as
with timed as (
    select *, epoch("at" - lag("at") over (partition by actor order by seq)) as gap from work_marks
), turned as (
    select *, image_id is distinct from lag(image_id) over (partition by actor order by seq)
              or task is distinct from lag(task) over (partition by actor order by seq) as fresh
    from timed where image_id is not null and task is not null
), visits as (
    select *, sum(fresh::integer) over (partition by actor order by seq rows unbounded preceding) as visit from turned
)
select actor, image_id, task,
       min("at" - to_microseconds(case when fresh and gap <= 120 then (gap * 1e6)::bigint else 0 end)) as started,
       max("at") as ended,
       sum(gap) filter (gap <= 120) as seconds,
       coalesce(sum(gap) filter (gap > 120 and not fresh), 0) as idle
from visits
group by actor, visit, image_id, task;

comment on view work_items is 'Working time by person and image, from events: a row for each time somebody turned to an image.';
comment on column work_items.actor is 'who';
comment on column work_items.image_id is 'the image';
comment on column work_items.task is 'tagging, inspection, entry or adjudication';
comment on column work_items.started is 'when it began (UTC): at the person''s event before, if that was no more than 120 seconds ago';
comment on column work_items.ended is 'when the last event of it was (UTC)';
comment on column work_items.seconds is 'working time: pauses longer than 120 seconds don''t count; NULL where none is known';
comment on column work_items.idle is 'seconds of such pauses within it';
