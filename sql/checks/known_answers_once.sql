-- An image has two known answers for one field, or somebody's answer in one piece of work was counted twice.
select image_id, field, '' as task_id, '' as actor, count(*) as times from gold_rows
group by image_id, field having count(*) > 1
union all
select image_id, field, task_id, actor, count(*) from gold_answer_rows
group by image_id, field, task_id, actor having count(*) > 1;
