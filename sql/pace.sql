-- Working time, and what is fed back to who did the work.

-- name: pace_visits(task, since, until)
-- Each time somebody turned to an image: from the events, pauses left out.
select actor, task, image_id, started, ended, seconds, idle from work_items
where ($task is null or task = $task) and ($since is null or ended >= $since::timestamp) and ($until is null or ended < $until::timestamp)
order by actor, started;

-- name: feedback_defects(operator, since)
-- What inspectors found wrong with somebody's work, the latest first.
select d."at", i.batch, d.image_id, f.path, d.field, d.defect, d.severity, d.comment, d.inspector, d.sample_id
from defects d
join sample_draws i using (sample_id)
left join image_facts f using (image_id)
where d.operator = $operator and ($since is null or d."at" >= $since::timestamp)
order by d.seq desc, d.field, d.defect;

-- name: feedback_inspected(operator, since)
-- How many of somebody's images were inspected, and how many were defective.
select count(*) filter (verdict in ('pass', 'defective')) as inspected, count(*) filter (verdict = 'defective') as defective
from inspections where operator = $operator and ($since is null or "at" >= $since::timestamp);
