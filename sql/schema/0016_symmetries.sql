-- The pHash of a picture turned and mirrored in each of eight ways, the first as it is: see fingerprints.SYMMETRIES.
-- NULL in catalogues that were scanned before there was this column: whoever needs them makes them from the thumbnails.
alter table image_facts add column phashes ubigint[];
