-- What inspectors said of images, for whoever mends them.

-- name: remarks_looks(ids)
-- For each of these images its batch, whether that is in rework, and what the last inspection said: a row a defect.
with looks as materialized (
    select coalesce(a.image_id, r.image_id) as image_id, r.inspector, r.comment, r."at", r.seq
    from inspection_rows r left join aliases a on a.old_id = r.image_id
    where not r.withdrawn and r.verdict <> 'skipped' and coalesce(a.image_id, r.image_id) in (select unnest($ids::varchar[]))
    qualify row_number() over (partition by coalesce(a.image_id, r.image_id) order by r.seq desc) = 1
), moves as (
    select batch, arg_max(state, seq) as state, max(seq) as moved from batch_moves group by batch
)
select f.image_id, f.batch, coalesce(m.state = 'rework', false) as rework, coalesce(m.moved, 0) as moved,
       l.inspector, l.comment, l."at", l.seq, d.field, d.defect, d.severity, d.comment as remark
from image_facts f
left join moves m on m.batch = f.batch
left join looks l on l.image_id = f.image_id
left join defect_rows d on d.seq = l.seq
where f.image_id in (select unnest($ids::varchar[]))
order by f.image_id, d.field, d.defect;

-- name: remarks_then(ids)
-- What was entered for these images when they were inspected last: the latest change of each field before that.
with looks as (
    select coalesce(a.image_id, r.image_id) as image_id, max(r.seq) as seq
    from inspection_rows r left join aliases a on a.old_id = r.image_id
    where not r.withdrawn and r.verdict <> 'skipped' and coalesce(a.image_id, r.image_id) in (select unnest($ids::varchar[]))
    group by 1
)
select h.image_id, h.field, h.lang, h.ordinal, h.value, h.origin
from value_history h join looks l on l.image_id = h.image_id and h.seq < l.seq
where h.image_id in (select unnest($ids::varchar[]))
qualify h.seq = max(h.seq) over (partition by h.image_id, h.field)
order by h.image_id, h.field, h.lang, h.ordinal;
