-- What is asked about images whose answers are known.

-- name: gold_for(fields)
-- The known answers for some fields, of images that are there now.
select g.image_id, g.field, g.value, g.comparator, g.options, g.comment
from gold_items g semi join images i on i.image_id = g.image_id
where g.field in (select unnest($fields::varchar[]))
order by g.image_id, g.field;

-- name: gold_counted(by, training)
-- How many answers there were and how many were right, by what is asked for; trainings apart, unless NULL is asked for.
select case $by when 'actor' then a.actor when 'field' then a.field when 'image_id' then a.image_id
                when 'day' then strftime(a."at", '%Y-%m-%d') when 'training' then a.training::varchar
                else coalesce(c.category, '') end as what,
       count(*) as n, count(*) filter (a."right") as "right"
from gold_answers a
left join (select image_id, field, category from gold_items) c on c.image_id = a.image_id and c.field = a.field
where $training is null or a.training = $training
group by what order by what;

-- name: gold_list()
-- Every image with known answers, its fields, and how often they were answered and how often rightly.
select g.image_id, i.path, string_agg(g.field, ', ' order by g.field) as fields, any_value(g.category) as category,
       any_value(g.comment) as comment, coalesce(any_value(a.n), 0) as answered, coalesce(any_value(a."right"), 0) as "right"
from gold_items g
join images i on i.image_id = g.image_id
left join (select image_id, count(*) as n, count(*) filter ("right") as "right" from gold_answers group by image_id) a
  on a.image_id = g.image_id
group by g.image_id, i.path
order by i.path;

-- name: trainings_of(actor)
-- The trainings that somebody came to the end of, the latest first; everybody's when nobody is named.
select training_id, profile, images, answered, correct, pass_mark, passed, actor, "at" from trainings
where $actor is null or actor = $actor
order by seq desc;

-- name: gold_answers_of(task_id, actor)
-- What somebody answered on known images within one task, queue or training.
select image_id, field, "right" from gold_answers where task_id = $task_id and actor = $actor order by seq, field;

-- name: work_began(queues, actor)
-- When somebody took the first image of a queue: the position in the ledger; 0 when they haven't yet.
select coalesce(min(seq), 0) as seq from ledger_events
where actor = $actor and kind = 'item_taken' and json_extract_string(payload, '$.queue') in (select unnest($queues::varchar[]));

-- name: shown_before(ids, fields, before)
-- Which fields of images had been entered before a position of the ledger, by whom and how; NULL: up to now.
select image_id, field, actor, origin from (
    select distinct image_id, field, actor, origin, seq, max(seq) over (partition by image_id, field) as latest from value_history
    where image_id in (select unnest($ids::varchar[])) and field in (select unnest($fields::varchar[]))
      and ($before is null or seq < $before)
)
where seq = latest and origin is not null
order by image_id, field, actor, origin;

-- name: once_reworked()
-- The images of batches that were sent back: what was entered in them before, and what was said of it, shows in the form.
select f.image_id from image_facts f join batch_states b using (batch) where b.resubmission > 0;
