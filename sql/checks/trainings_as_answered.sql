-- A training's result isn't what was answered in it, or not what its pass mark says of that.
select t.training_id, t.actor, t.answered, t.correct, t.pass_mark, t.passed, a.answers, a.right_ones
from trainings t
left join (
    select task_id, actor, count(*) as answers, count(*) filter ("right") as right_ones from gold_answer_rows where training group by task_id, actor
) a on a.task_id = t.training_id and a.actor = t.actor
where t.answered is distinct from a.answers or t.correct is distinct from a.right_ones
   or t.passed <> (t.correct::double / t.answered >= t.pass_mark);
