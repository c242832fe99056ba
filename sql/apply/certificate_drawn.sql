-- Somebody drew a random sample of what is to be removed.
insert into certificate_draws (draw_id, what, population, sampled, seed, digest, confidence, actor, "at", seq)
select distinct draw_id, what, population, sampled, seed, digest, confidence, actor, "at"::timestamp, seq from event_rows;

insert into certificate_sample (draw_id, place, image_id, keeper_id, checksum, keeper_checksum)
select draw_id, place, image_id, keeper_id, checksum, keeper_checksum from event_rows;
