-- Two entries have been compared twice, or by no comparison that went so far in the ledger.
select c.task_id, c.image_id, c.field, c.seq_a, c.seq_b, count(*) as times
from compared_rows c
left join (select task_id, max(upto) as upto from comparison_runs group by task_id) r using (task_id)
group by c.task_id, c.image_id, c.field, c.seq_a, c.seq_b
having count(*) > 1 or not bool_and(coalesce(greatest(c.seq_a, c.seq_b) <= r.upto, false));
