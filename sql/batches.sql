-- Where batches stand.

-- name: batch_states_now()
-- Where every batch stands, and since when.
select batch, state, since, actor, images, resubmission from batch_states order by batch;

-- name: batch_state(batch)
-- Where one batch stands, and how often it was moved.
select batch, state, since, actor, images, resubmission, moves from batch_states where batch = $batch;
