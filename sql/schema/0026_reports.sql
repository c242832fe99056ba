-- What counts for a pace: values that a comparison or a decision between two entries sets are nobody's tagging, they come along with it.
-- Queues of double entry and of adjudication go by the task's name.
create or replace view work_marks as
select l.seq, l.actor, l."at", l.kind,
       case when l.kind = 'item_taken' or json_array_length(l.payload, '$.image_ids') > 1 then null
            when l.kind = 'values_set' and json_extract_string(l.payload, '$.task_id') is not null then null
            else coalesce(a.image_id, json_extract_string(l.payload, '$.image_id'), json_extract_string(l.payload, '$.image_ids[0]')) end as image_id,
       case when l.kind in ('item_inspected', 'inspection_withdrawn') or json_extract_string(l.payload, '$.queue') like 'qc/inspection/%' then 'inspection'
            when l.kind in ('entry_made', 'entry_withdrawn') or json_extract_string(l.payload, '$.queue') like 'double-%' then 'entry'
            when l.kind = 'field_adjudicated' or json_extract_string(l.payload, '$.queue') like 'adjudicate/%' then 'adjudication'
            when l.kind in ('values_set', 'values_withdrawn', 'item_taken', 'item_returned') then 'tagging' end as task
from ledger_events l
left join aliases a on a.old_id = coalesce(json_extract_string(l.payload, '$.image_id'), json_extract_string(l.payload, '$.image_ids[0]'))
where l.kind not in ('scan_finished', 'images_received');
