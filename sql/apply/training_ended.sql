-- Somebody came to the end of a training.
insert into trainings (training_id, profile, images, answered, correct, pass_mark, passed, actor, "at", seq)
select training_id, profile, images, answered, correct, pass_mark, passed = 1, actor, "at"::timestamp, seq from event_rows;
