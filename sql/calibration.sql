-- What a calibration asks.

-- name: pictures_to_try(seed, most)
-- Different pictures in an order that the seed decides: content key, image, checksum, URI and fingerprint.
select content_key(picture_hash, checksum) as content, image_id, checksum, uri, phash
from image_facts
where width is not null and phash is not null and not coalesce(flat, false)
qualify row_number() over (partition by content_key(picture_hash, checksum) order by received_at, image_id) = 1
order by hash(content || ' ' || $seed::varchar), content
limit $most

-- name: contents_counted()
-- How many different pictures there are to find copies among.
select count(distinct content_key(picture_hash, checksum)) as contents from image_facts
where width is not null and phash is not null and not coalesce(flat, false)

-- name: found_by_score()
-- Pairs that the search takes for duplicates by what they show, by score in steps of 0.05, and what people said of them.
select least(floor(p.score * 20) / 20, 0.95) as score, count(*) as found,
       count(*) filter (d.relation in ('variant', 'not_duplicate') and d.decided_by is not null) as refuted
from (select image_a, image_b, max(score) as score from pair_facts where relation in ('fuzzy', 'content') group by all) p
join duplicate_pairs d on d.image_a = p.image_a and d.image_b = p.image_b
where d.relation not in ('exact', 'same-picture')
group by all order by all

-- name: known_of_pairs(contents_a, contents_b)
-- What is known of pairs of contents, in the order given: the relation, or NULL. That a search called something a variant
-- isn't known: it depends on the thresholds it had.
select w.place, any_value(d.relation) filter (d.decided_by is not null or d.relation not in ('variant', 'metadata')) as relation
from (select unnest($contents_a::varchar[]) as a, unnest($contents_b::varchar[]) as b,
             unnest(range(len($contents_a::varchar[]))) as place) w
left join image_facts fa on content_key(fa.picture_hash, fa.checksum) = w.a
left join image_facts fb on content_key(fb.picture_hash, fb.checksum) = w.b
left join duplicate_pairs d on d.image_a = least(fa.image_id, fb.image_id) and d.image_b = greatest(fa.image_id, fb.image_id)
group by w.place order by w.place

-- name: last_calibration()
-- The last calibration: its id, thresholds and when it was.
select calibration_id, thresholds, pictures, sampled, seed, seq, "at", actor from calibrations order by seq desc limit 1

-- name: calibration_figures_of(calibration_id)
-- The figures of one calibration, as they were recorded: by kind of edit, and by set of pairs.
select part, kind, says, tried, proposed, found, refuted, low, high from calibration_rows
where calibration_id = $calibration_id order by rowid
