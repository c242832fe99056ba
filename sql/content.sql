-- What the content finder asks and notes.

-- name: contents_to_compare()
-- One image of every picture that isn't nearly one grey: its content key, checksum and URI, in an order that stays.
select content_key(picture_hash, checksum) as content, image_id, checksum, uri
from image_facts
where width is not null and not coalesce(flat, false)
qualify row_number() over (partition by content_key(picture_hash, checksum) order by received_at, image_id) = 1
order by content

-- name: checks_made(contents_a, contents_b, method, trusted)
-- What verification said before about pairs of contents, or what trusted methods found related.
select k.content_a, k.content_b, k.relation, k.score, k.evidence
from pair_checks k
join (select unnest($contents_a::varchar[]) as content_a, unnest($contents_b::varchar[]) as content_b) w
  on w.content_a = k.content_a and w.content_b = k.content_b
where k.method = $method or (k.method in (select unnest($trusted::varchar[])) and k.relation <> 'unrelated')
qualify row_number() over (partition by k.content_a, k.content_b order by k.method = $method desc, k.method) = 1

-- name: forget_old_checks(method, key)
-- Forget what a method said under other keys: with other thresholds, or by other code.
delete from pair_checks where split_part(method, ' ', 1) in ($method, 'verification') and method <> $key

-- name: note_checks(contents_a, contents_b, method, relations, scores, evidences)
-- Note what verification says about pairs of contents.
insert into pair_checks (content_a, content_b, method, relation, score, evidence)
select unnest($contents_a::varchar[]), unnest($contents_b::varchar[]), $method, unnest($relations::varchar[]),
       unnest($scores::double[]), unnest($evidences::varchar[])

-- name: contents_of(ids)
-- The content keys of images.
select image_id, content_key(picture_hash, checksum) as content from image_facts where image_id in (select unnest($ids::varchar[]))
