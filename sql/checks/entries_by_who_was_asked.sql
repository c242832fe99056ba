-- Somebody entered values in a double entry that is for two other people.
select distinct e.task_id, e.image_id, e.actor, t.people
from entry_rows e join double_entry_tasks t using (task_id)
where json_array_length(t.people) > 0 and not list_contains(from_json(t.people, '["varchar"]'), e.actor);
