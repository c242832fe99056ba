-- What suggestions are made of, and what became of them.

-- name: suggestion_subjects(ids)
-- What is known of the files of these images.
select image_id, uri, path, folder, name, picture_hash, captured_at, latitude, longitude
from image_facts where image_id in (select unnest($ids::varchar[]))

-- name: suggestion_values(ids)
-- What the metadata of these images says.
select image_id, field, lang, value from metadata
where image_id in (select unnest($ids::varchar[])) order by image_id, field, lang nulls first, ordinal

-- name: forget_suggestions(suggester, ids)
-- Forget what a suggester proposed for these images before, and whatever was proposed for images that are gone.
delete from suggestion_rows
where (suggester = $suggester and image_id in (select unnest($ids::varchar[])))
   or image_id not in (select image_id from image_facts)

-- name: keep_suggestions()
-- Keep what was proposed (`proposed` is lent), but for what the image says already, what somebody entered himself, and what
-- was rejected when the same model proposed it before.
insert into suggestion_rows (
    suggestion_id, image_id, field, kind, lang, value, suggester, confidence, model, version, evidence, made_at)
select p.suggestion_id, p.image_id, p.field, p.kind, p.lang, p.value, p.suggester, p.confidence, p.model, p.version, p.evidence,
       current_timestamp::timestamp
from proposed p
where not exists (
    select 1 from metadata m
    where m.image_id = p.image_id and m.field = p.field and m.lang is not distinct from p.lang and m.value = p.value
) and (p.kind in ('bag', 'seq') or not exists (
    select 1 from entered_values e
    where e.image_id = p.image_id and e.field = p.field and (e.lang is not distinct from p.lang or e.value is null)
)) and not exists (
    select 1 from last_decisions d
    where d.decision = 'rejected' and d.image_id = p.image_id and d.field = p.field and d.lang is not distinct from p.lang
      and d.suggested = p.value and d.model = p.model
)

-- name: suggestions_of(image_id)
-- What is proposed for one image, the surest first.
select suggestion_id, field, lang, value, confidence, suggester, model, version, evidence, status from suggestions
where image_id = $image_id
order by field, confidence desc, value, suggester

-- name: suggestions_by_id(ids)
-- These suggestions.
select suggestion_id, image_id, field, kind, lang, value, confidence, suggester, model, version, evidence, status from suggestions
where suggestion_id in (select unnest($ids::varchar[]))

-- name: rejection_that_holds(seq)
-- A rejection, where nothing was decided since about the same suggestion.
select seq from last_decisions where seq = $seq and decision = 'rejected'

-- name: values_under_suggestions(ids, fields)
-- What the metadata of these images says in some fields, and how what was entered came about.
select m.image_id, m.field, m.lang, m.value, m.origin from metadata m
where m.image_id in (select unnest($ids::varchar[])) and m.field in (select unnest($fields::varchar[]))
order by m.image_id, m.field, m.lang nulls first, m.ordinal

-- name: acceptance_rates()
-- How many suggestions were accepted as they were, by suggester, model, field and confidence, with the 95 % interval by Wilson.
with counted as (
    select suggester, model, field, least(floor(confidence * 5), 4) / 5 as band, count(*) as n,
           count(*) filter (decision = 'accepted') as accepted, count(*) filter (decision = 'edited') as edited,
           count(*) filter (decision = 'rejected') as rejected
    from last_decisions group by all
), rated as (
    select *, accepted / n as rate, 1.959964 * 1.959964 as zz from counted
)
select suggester, model, field, band as confidence_from, band + 0.2 as confidence_to, n, accepted, edited, rejected, rate,
       greatest(0, (rate + zz / (2 * n) - sqrt(zz * (rate * (1 - rate) + zz / (4 * n)) / n)) / (1 + zz / n)) as low,
       least(1, (rate + zz / (2 * n) + sqrt(zz * (rate * (1 - rate) + zz / (4 * n)) / n)) / (1 + zz / n)) as high
from rated order by suggester, model, field, confidence_from

-- name: hashes_of(ids)
-- The pictures of these images as hashes; without a perceptual hash where it says little.
select image_id, picture_hash, case when not flat then phash end as phash
from image_facts where image_id in (select unnest($ids::varchar[]))

-- name: tagged_hashes(fields)
-- The pictures of all images that have a value in one of these fields, as hashes.
select f.image_id, f.path, f.picture_hash, case when not f.flat then f.phash end as phash
from image_facts f semi join (
    select distinct image_id from metadata where field in (select unnest($fields::varchar[]))
) using (image_id)
order by f.image_id

-- name: values_to_share(ids, fields)
-- What the metadata of these images says in fields that pictures may have in common.
select image_id, field, lang, value from metadata
where image_id in (select unnest($ids::varchar[])) and field in (select unnest($fields::varchar[]))
order by image_id, field, lang nulls first, ordinal

-- name: sequence_neighbours(ids, farthest, minutes)
-- Images whose file names have nearly the same number as these, in the same folder, and were taken at nearly the same time.
with numbered as (
    select image_id, source, folder, name, captured_at,
           regexp_extract(name, '^(.*?)([0-9]{1,9})([.][^.]*)$', ['head', 'number', 'tail']) as parts
    from image_facts
    where (source, folder) in (
        select (source, folder) from image_facts where image_id in (select unnest($ids::varchar[])))
), counted as (
    select * exclude (parts), lower(parts['head']) as head, lower(parts['tail']) as tail,
           try_cast(parts['number'] as bigint) as number
    from numbered
), shifted as (
    select c.*, c.number + step as wanted, step
    from counted c, (select unnest(range(-$farthest::bigint, $farthest::bigint + 1)) as step)
    where step <> 0 and c.number is not null and c.image_id in (select unnest($ids::varchar[]))
)
select s.image_id, n.image_id as other_id, n.name as other, abs(s.step) as steps,
       abs(date_diff('second', s.captured_at, n.captured_at)) as seconds
from shifted s join counted n
  on n.source = s.source and n.folder = s.folder and n.head = s.head and n.tail = s.tail and n.number = s.wanted
where coalesce(abs(date_diff('second', s.captured_at, n.captured_at)) <= $minutes * 60, true)
order by s.image_id, steps, other_id

-- name: texts_read(ids)
-- What was read off these pictures, as far as it isn't rejected.
select image_id, value from suggestions
where image_id in (select unnest($ids::varchar[])) and suggester in ('ocr', 'aws', 'gcloud') and status <> 'rejected'
