-- What is asked about how far blind entries agree.

-- name: agreement_counted(task_id, by)
-- How many compared pairs of entries there are and how many agree, by what is asked for; of all tasks when none is named.
select case $by when 'field' then c.field when 'people' then c.actor_a || ', ' || c.actor_b
                when 'category' then coalesce(i.folder, '') when 'batch' then coalesce(i.batch, '')
                when 'day' then strftime(e."at", '%Y-%m-%d')
                when 'week' then strftime(date_trunc('week', e."at"), '%Y-%m-%d')
                when 'comparator' then c.comparator else 'all' end as what,
       count(*) as n, count(*) filter (c.agree) as agreed
from field_comparisons c
left join images i on i.image_id = c.image_id
left join events e on e.seq = greatest(c.seq_a, c.seq_b)
where $task_id is null or c.task_id = $task_id
group by what order by what;

-- name: agreement_answers(task_id)
-- Both answers of every compared pair; where the comparator takes them for the same, the first stands for both.
select field, coalesce(value_a, '') as a, case when agree then coalesce(value_a, '') else coalesce(value_b, '') end as b
from field_comparisons
where $task_id is null or task_id = $task_id;
