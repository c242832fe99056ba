-- What the check of arriving files asks.

-- name: catalogue_rows()
-- How many images there are, and the number of the last row: one of the two changes whenever images do.
select count(*) as images, coalesce(max(rowid), -1) as last_row from image_facts

-- name: images_to_know(after)
-- What is kept in memory of each image, of the rows after one: short digests of its checksum and of its picture's hash.
select hash(checksum) as bytes_digest, coalesce(hash(picture_hash), 0)::ubigint as picture_digest,
       size, coalesce(phash, 0)::ubigint as phash, (phash is not null and not coalesce(flat, false)) as hashed, rowid as place
from image_facts where rowid > $after

-- name: digests_of(checksum, picture_hash)
-- The same digests of an arriving file.
select hash($checksum::varchar) as bytes_digest, coalesce(hash($picture_hash::varchar), 0)::ubigint as picture_digest

-- name: facts_of_bytes(checksum, rows)
-- What was measured of the file with these bytes, of some rows.
select picture_hash, phashes, coalesce(flat, false) as flat from image_facts
where rowid in (select unnest($rows::bigint[])) and checksum = $checksum limit 1

-- name: images_met(rows)
-- Images that an arriving file may be a copy of.
select rowid as place, hash(checksum) as bytes_digest, image_id, uri, path, checksum, picture_hash, content_key(picture_hash, checksum) as content
from image_facts where rowid in (select unnest($rows::bigint[]))

-- name: said_of(content, contents)
-- What people said about a content and others.
select content_a, content_b, decision, actor from last_pair_decisions
where (content_a = $content and content_b in (select unnest($contents::varchar[])))
   or (content_b = $content and content_a in (select unnest($contents::varchar[])))

-- name: removed_before(checksum)
-- Whether a file of these bytes was taken out of the collection as a duplicate, by whom and when.
select path, removed_by, removed_at from removals
where checksum = $checksum and state <> 'restored' order by removed_at desc limit 1

-- name: turned_away()
-- Which arriving files were turned away, and which of them were put back, the latest first.
select "at", actor, kind, payload from ledger_events
where kind in ('arrival_turned_away', 'arrival_put_back') order by seq desc

-- name: pictures_to_describe(after, most)
-- Pictures that features can be found in, of the rows after one, in the order of rows.
select rowid as place, checksum, uri from image_facts
where rowid > $after and width is not null and not coalesce(flat, false)
order by rowid limit $most

-- name: digests_of_files(checksums)
-- The short digests of files by their checksums, as they are kept in memory.
select c.checksum, hash(c.checksum) as bytes_digest from (select unnest($checksums::varchar[]) as checksum) c
