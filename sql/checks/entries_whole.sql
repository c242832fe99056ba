-- A person's entry for a field isn't one: its whole is missing or there twice, or its parts are of several moments.
select task_id, image_id, actor, field, count(*) as parts, count(*) filter (part = 0) as wholes, count(distinct seq) as moments
from entry_rows
group by task_id, image_id, actor, field
having count(*) filter (part = 0) <> 1 or count(distinct part) <> count(*) or count(distinct seq) <> 1;
