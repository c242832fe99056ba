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

-- name: drawn_members(draw_id, place)
-- The two images of one pair that was drawn, with the facts that are compared; the one that stays first.
select p.place::varchar as cluster_id, p.image_id, p.role, coalesce(m.reason, '') as reason,
       coalesce(m.relation, 'duplicate') as relation, coalesce(m.score, 1.0) as score, f.checksum <> p.drawn as changed,
       f.uri, f.source, f.batch, f.path, f.folder, f.name, f.size, f.checksum, f.picture_hash, f.format, f.mode, f.bit_depth,
       f.oriented_width as width, f.oriented_height as height, f.sharpness, f.has_icc, f.icc_name,
       strftime(f.captured_at, '%Y-%m-%d %H:%M:%S') as captured, strftime(f.modified_at, '%Y-%m-%d %H:%M') as modified,
       concat_ws(' ', f.camera_make, f.camera_model) as camera
from (
    select draw_id, place, keeper_id as image_id, 'keeper' as role, keeper_checksum as drawn from certificate_sample
    union all
    select draw_id, place, image_id, 'redundant', checksum from certificate_sample
) p
join images f on f.image_id = p.image_id
left join cluster_members m on m.image_id = p.image_id
where p.draw_id = $draw_id and p.place = $place
order by p.role
