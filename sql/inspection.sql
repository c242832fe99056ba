-- What the inspection asks: once when it begins, and ahead of the person.

-- name: inspection_items(sample_id, actor)
-- The images of a sample in the order drawn: whose work they are, whether the person's own, and how they stand.
select s.image_id, s.ordinal, s.operator, s.stratum, s.state,
       s.operator is not distinct from $actor
           or s.image_id in (select image_id from value_history where actor = $actor) as own,
       i.inspector, i.verdict, i.comment, i.seq, coalesce(l.looks, 0) as looks, f.image_id is not null as present
from sample_items s
left join inspections i on i.sample_id = s.sample_id and i.image_id = s.image_id
left join (
    select coalesce(a.image_id, r.image_id) as image_id, count(*) as looks
    from inspection_rows r left join aliases a on a.old_id = r.image_id where r.sample_id = $sample_id group by 1
) l on l.image_id = s.image_id
left join image_facts f on f.image_id = s.image_id
where s.sample_id = $sample_id
order by s.ordinal;

-- name: inspection_marks(sample_id)
-- What was found wrong in a sample so far, image by image.
select image_id, field, defect, severity, comment from defects where sample_id = $sample_id order by seq, field, defect;
