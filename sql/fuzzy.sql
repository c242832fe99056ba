-- What the fuzzy finder, and the check of arriving files, ask and note. `turned_lent` is an Arrow table lent for one statement.

-- name: hashes_to_compare()
-- One image of every picture that has perceptual hashes which say something, in an order that stays.
select content_key(picture_hash, checksum) as content, image_id, checksum, uri, phash, phashes, coalesce(dhash, 0)::ubigint as dhash
from image_facts
where phash is not null and not coalesce(flat, false)
qualify row_number() over (partition by content_key(picture_hash, checksum) order by received_at, image_id) = 1
order by content

-- name: note_turned_hashes()
-- Keep the hashes under the symmetries that a catalogue scanned before didn't have.
update image_facts set phashes = t.phashes from turned_lent t
where t.checksum = image_facts.checksum and image_facts.phashes is null
