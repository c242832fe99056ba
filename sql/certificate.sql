-- What is asked about certificates: random samples of a removal that people looked at.

-- name: drawn_sample(draw_id)
-- A sample that was drawn, and what it was drawn from.
select draw_id, what, population, sampled, seed, digest, confidence, actor, "at" from certificates where draw_id = $draw_id

-- name: drawn_pairs(draw_id)
-- The pairs of a sample in the order in which they were drawn, and the last word on each.
select s.place, s.image_id, s.keeper_id, s.checksum, s.keeper_checksum, coalesce(f.path, r.path, s.image_id) as path,
       coalesce(k.path, s.keeper_id) as keeper_path, j.verdict, j.note, j.actor as judged_by, j."at" as judged_at
from certificate_sample s
left join image_facts f on f.image_id = s.image_id
left join image_facts k on k.image_id = s.keeper_id
left join (select image_id, any_value(path) as path from removal_rows group by image_id) r on r.image_id = s.image_id
left join last_judgements j on j.draw_id = s.draw_id and j.place = s.place
where s.draw_id = $draw_id
order by s.place

-- name: checksums_of(image_ids)
-- What the files of some images were when they were last read.
select image_id, checksum from image_facts where image_id in (select unnest($image_ids::varchar[])) order by image_id

-- name: certificates_of(digest)
-- The samples that were drawn from just these pairs, the latest first.
select draw_id from certificates where digest = $digest order by "at" desc, draw_id

-- name: all_certificates()
-- Every sample that was drawn, the latest first.
select draw_id, what, population, sampled, judged, wrong, unsure, confidence, seed, digest, actor, "at" from certificates
order by "at" desc, draw_id
