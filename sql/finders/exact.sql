-- How the exact finders find; each statement yields image_a < image_b, relation, method, score and evidence.

-- name: exact_pairs()
-- Files of the same bytes: each with the first of its group.
with grouped as (
    select image_id, size, checksum,
           first_value(image_id) over (partition by size, checksum order by received_at, image_id) as first_id
    from image_facts
    where (size, checksum) in (select (size, checksum) from image_facts group by size, checksum having count(*) > 1)
)
select least(image_id, first_id) as image_a, greatest(image_id, first_id) as image_b,
       'exact' as relation, 'exact' as method, 1.0::double as score,
       '{"checksum":"' || checksum || '","size":' || size || '}' as evidence
from grouped where image_id <> first_id

-- name: same_picture_pairs()
-- Files of the same picture and other bytes: the first of each content of bytes with the first of the picture's group.
with firsts as (
    select picture_hash, image_id, received_at
    from image_facts
    where picture_hash in (
        select picture_hash from image_facts where picture_hash is not null
        group by picture_hash having count(distinct checksum) > 1)
    qualify row_number() over (partition by picture_hash, checksum order by received_at, image_id) = 1
), grouped as (
    select *, first_value(image_id) over (partition by picture_hash order by received_at, image_id) as first_id from firsts
)
select least(image_id, first_id) as image_a, greatest(image_id, first_id) as image_b,
       'same-picture' as relation, 'same-picture' as method, 1.0::double as score,
       '{"picture_hash":"' || picture_hash || '"}' as evidence
from grouped where image_id <> first_id
