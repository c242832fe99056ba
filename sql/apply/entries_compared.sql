-- Entries of a task were compared, up to a position of the ledger: a row for two that aren't the same to the letter.
insert into comparison_runs (task_id, upto, pairs, agreed, actor, "at", seq)
select distinct task_id, upto, pairs, agreed, actor, "at"::timestamp, seq from event_rows;

insert into compared_rows (task_id, image_id, field, seq_a, seq_b, agree, distance)
select task_id, image_id, field, seq_a, seq_b, agree = 1, distance from event_rows where image_id is not null;
