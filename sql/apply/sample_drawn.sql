-- Somebody drew a sample of a batch.
insert into sample_draws (sample_id, batch, submission, lot_size, n, plan, accept, reject, seed, method, stage, follows, actor, "at", seq)
select distinct sample_id, batch, submission, lot_size, n, plan, accept, reject, seed, method, coalesce(stage, 1), follows, actor,
       "at"::timestamp, seq
from event_rows;

insert into sample_images (sample_id, image_id, ordinal, operator, stratum)
select sample_id, image_id, ordinal, operator, stratum from event_rows;
