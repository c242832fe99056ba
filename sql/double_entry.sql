-- What is asked about blind double entry: tasks, who entered what, and how two entries compare.

-- name: double_entry_list()
-- Every task of double entry and how far it is, the latest first.
select t.task_id, t.what, t.batch, t.profile, t.people, t.images, t.fields,
       coalesce(f.finished, 0) as finished, coalesce(c.compared, 0) as compared, coalesce(c.agreed, 0) as agreed,
       coalesce(c.adjudicated, 0) as adjudicated, coalesce(c.open, 0) as open, t.actor, t."at"
from double_entries t
left join (
    select f.task_id, count(*) as finished from entries_finished f
    semi join double_entry_images i on i.task_id = f.task_id and i.image_id = f.image_id group by f.task_id
) f using (task_id)
left join (
    select task_id, count(*) as compared, count(*) filter (state = 'agreed') as agreed,
           count(*) filter (state = 'adjudicated') as adjudicated, count(*) filter (state = 'open') as open
    from field_comparisons group by task_id
) c using (task_id)
order by t."at" desc, t.task_id;

-- name: double_entry_task(task_id)
-- One task of double entry.
select task_id, what, batch, profile, people, start, seed, images from double_entries where task_id = $task_id;

-- name: double_entry_images(task_id)
-- The images of a task that are there now, in order.
select i.image_id
from double_entry_images i
semi join images f on f.image_id = i.image_id
where i.task_id = $task_id
order by i.ordinal;

-- name: double_entry_fields(task_id)
-- The fields of a task, in order, and how they are compared.
select field, comparator, options from double_entry_fields where task_id = $task_id order by ordinal;

-- name: own_entries(task_id, actor, ids)
-- What one person entered for images of a task.
select image_id, field, lang, ordinal, value, actor, "at", seq
from entry_rows
where task_id = $task_id and actor = $actor and image_id in (select unnest($ids::varchar[]))
order by image_id, field, part;

-- name: blind_metadata(task_id, actor)
-- What may be seen of a task's images while it runs: what one person entered, else nothing.
select i.image_id, f.field, e.lang, e.ordinal, e.value
from double_entry_images i
join double_entry_fields f on f.task_id = i.task_id
left join entry_rows e on e.task_id = i.task_id and e.image_id = i.image_id and e.field = f.field and e.actor = $actor
where i.task_id = $task_id
order by i.ordinal, f.ordinal, e.part;

-- name: compared_upto(task_id)
-- Up to which position of the ledger a task was compared, and how far the ledger has been applied.
select coalesce((select max(upto) from comparison_runs where task_id = $task_id), 0) as compared, a.seq as applied from applied a;

-- name: pairs_to_compare(task_id, after, upto)
-- Pairs of finished entries that haven't been compared yet and aren't the same to the letter; one row has no image, and counts
-- all pairs (seq_a) and those that are the same (seq_b).
with pairs as materialized (
    select image_id, field, value_a, value_b, seq_a, seq_b from entry_pairs
    where task_id = $task_id and ready > $after and ready <= $upto
)
select null as image_id, null as field, null as value_a, null as value_b, count(*) as seq_a,
       count(*) filter (value_a is not distinct from value_b) as seq_b
from pairs
union all
select image_id, field, value_a, value_b, seq_a, seq_b from pairs where value_a is distinct from value_b;

-- name: same_values(task_id, after, upto)
-- The values of pairs that are the same to the letter; left empty by both only where something is to be cleared.
with same as materialized (
    select p.image_id, p.field, e.part, e.lang, coalesce(e.ordinal, 0) as ordinal, e.value
    from entry_pairs p
    join entry_rows e on e.task_id = p.task_id and e.seq = p.seq_a and e.field = p.field
    where p.task_id = $task_id and p.ready > $after and p.ready <= $upto and p.value_a is not distinct from p.value_b
)
select image_id, field, lang, ordinal, value from (
    from same where value is not null
    union all
    from same s semi join metadata m on m.image_id = s.image_id and m.field = s.field where s.value is null
)
order by image_id, field, part;

-- name: field_comparisons_of(task_id, state)
-- The compared pairs of a task; all states when none is given.
select image_id, field, actor_a, actor_b, value_a, value_b, agree, distance, comparator, state, seq
from field_comparisons
where task_id = $task_id and ($state is null or state = $state)
order by image_id, field;

-- name: differences_of(task_id)
-- Where two entries of a task don't agree: open ones and those that were decided.
select image_id, field, actor_a, actor_b, value_a, value_b, distance, comparator, state
from field_comparisons
where task_id = $task_id and state <> 'agreed';
