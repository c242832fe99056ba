-- The kinds of rules that an audit knows: each finds image_id, value and note (what else the sentence needs to say).
-- {field} and {other} stand for columns of metadata_wide, {key} for the field's key; `workbench/audit.py` puts them in.

-- name: missing()
-- The field has no value.
select image_id, null as value, null as note from metadata_wide where {field} is null

-- name: blank()
-- The value has no letter and no digit.
select image_id, {field} as value, null as note from metadata_wide
where length({field}) < 20 and not regexp_matches({field}, '[\pL\pN]')

-- name: all_missing()
-- None of the fields has a value.
select image_id, null as value, null as note from metadata_wide where coalesce({fields}) is null

-- name: without()
-- The field has a value, the other one, that it needs, hasn't.
select image_id, {field} as value, null as note from metadata_wide where {field} is not null and {other} is null

-- name: placeholder(words, pattern)
-- The value says nothing.
select image_id, {field} as value, null as note from metadata_wide
where length({field}) <= 36
  and (lower(trim({field})) in (select unnest($words::varchar[])) or regexp_full_match(lower({field}), $pattern))

-- name: file_name()
-- The value is the file's name.
select image_id, {field} as value, null as note from metadata_wide
where length({field}) between length(name) - 6 and length(name)
  and (lower({field}) = lower(name) or starts_with(lower(name), lower({field}) || '.'))

-- name: same_as(least)
-- Two fields say the same, word for word.
select image_id, {field} as value, null as note from metadata_wide where {field} = {other} and length({field}) >= $least

-- name: too_many_bytes(most)
-- The value is longer than the dataset of IPTC-IIM that carries it.
select image_id, left({field}, 200) as value, (strlen({field}) - $most)::varchar as note from metadata_wide
where strlen({field}) > $most

-- name: too_many_characters(most)
-- The value is too long.
select image_id, left({field}, 200) as value, (length({field}) - $most)::varchar as note from metadata_wide
where length({field}) > $most

-- name: too_few_characters(least)
-- The value is too short to say anything.
select image_id, {field} as value, null as note from metadata_wide where length({field}) < $least

-- name: matching(pattern)
-- The value holds something that it shouldn't.
select image_id, left({field}, 200) as value, regexp_extract({field}, $pattern) as note from metadata_wide
where regexp_matches({field}, $pattern)

-- name: matching_foreign(pattern)
-- The same for what can only be where there are other letters than English ones.
select image_id, left({field}, 200) as value, regexp_extract({field}, $pattern) as note from metadata_wide
where strlen({field}) <> length({field}) and regexp_matches({field}, $pattern)

-- name: containing(sign, pattern)
-- The same for what can only be where there is a certain sign.
select image_id, left({field}, 200) as value, regexp_extract({field}, $pattern) as note from metadata_wide
where contains({field}, $sign) and regexp_matches({field}, $pattern)

-- name: not_matching(pattern)
-- The value doesn't look as it should.
select image_id, left({field}, 200) as value, null as note from metadata_wide
where {field} is not null and not regexp_full_match({field}, $pattern)

-- name: shouting(least)
-- The value is all capitals.
select image_id, {field} as value, null as note from metadata_wide
where {field} = upper({field}) and {field} <> lower({field}) and length({field}) >= $least and contains({field}, ' ')

-- name: out_of_range(least, most)
-- The number is too small, too large, or none.
select image_id, {field} as value, null as note from metadata_wide
where {field} is not null and coalesce(try_cast({field} as double) not between $least and $most, true)

-- name: malformed_date()
-- The date isn't written as a date.
select image_id, {field} as value, null as note from metadata_wide
where {field} is not null and ({moment} is null or length({field}) not in (4, 7, 10, 16, 17, 19, 20, 22, 25)
                                 or not ({field} like '____-__-%' or {field} like '____-__' or {field} like '____'))
  and not is_date_text({field})

-- name: impossible_date()
-- The date is written as one and doesn't exist.
select image_id, {field} as value, null as note from metadata_wide
where {field} is not null and {moment} is null and is_date_text({field})

-- name: future_date()
-- The date is still to come.
select image_id, {field} as value, null as note from metadata_wide
where captured > current_timestamp::timestamp + interval 2 days

-- name: too_early(year)
-- The date lies before there was anything to take pictures with.
select image_id, {field} as value, null as note from metadata_wide where captured < make_timestamp($year, 1, 1, 0, 0, 0.0)

-- name: clock_never_set(days)
-- The date is the one at which a camera's clock begins.
select image_id, {field} as value, null as note from metadata_wide
where length({field}) > 10 and left({field}, 10) in (select unnest($days::varchar[]))

-- name: after_file()
-- The picture was taken after its file was last changed; time zones are allowed for.
select image_id, {field} as value, strftime(modified_at, '%Y-%m-%d %H:%M') as note from metadata_wide
where captured > modified_at + interval 1 day

-- name: after_other()
-- One date lies after another that it can't be after.
select image_id, {field} as value, {other} as note from metadata_wide
where left({other}, 10) < left({field}, 10) and length({field}) >= 10 and length({other}) >= 10
  and moment_of({other}) + interval 1 day < moment_of({field})

-- name: year_before_capture()
-- The latest year in the text lies before the picture was taken.
select image_id, {field} as value, year(captured)::varchar as note from metadata_wide
where captured is not null and regexp_matches({field}, '\b(19|20)\d\d\b')
  and list_max(list_transform(regexp_extract_all({field}, '\b(?:19|20)\d\d\b'), lambda y: y::int)) < year(captured)

-- name: nowhere()
-- The position isn't a place on Earth.
select w.image_id, coalesce(w."Xmp.exif.GPSLatitude", '?') || ' ' || coalesce(w."Xmp.exif.GPSLongitude", '?') as value, null as note
from metadata_wide w
where (w."Xmp.exif.GPSLatitude" is not null or w."Xmp.exif.GPSLongitude" is not null)
  and coalesce(abs(w.latitude) > 90 or abs(w.longitude) > 180, true)

-- name: null_island()
-- The position is 0, 0.
select image_id, printf('%.4f, %.4f', latitude, longitude) as value, null as note from metadata_wide
where abs(latitude) < 0.001 and abs(longitude) < 0.001

-- name: far_away(degrees)
-- The position lies outside the country that is named.
with written as (
    select distinct coalesce("Xmp.photoshop.Country", "Xmp.iptc.CountryCode") as country from metadata_wide where latitude is not null
)
select w.image_id, printf('%.3f, %.3f', w.latitude, w.longitude) as value, p.name as note
from written s join country_boxes p on p.spelling = fold(s.country)
join metadata_wide w on coalesce(w."Xmp.photoshop.Country", w."Xmp.iptc.CountryCode") = s.country
where w.latitude is not null and w.longitude is not null
  and (w.latitude not between p.south - $degrees and p.north + $degrees
       or not case when p.west <= p.east then w.longitude between p.west - $degrees and p.east + $degrees
                   else w.longitude >= p.west - $degrees or w.longitude <= p.east + $degrees end)

-- name: country_code()
-- Country and country code don't belong together.
with written as (
    select distinct "Xmp.photoshop.Country" as country, "Xmp.iptc.CountryCode" as code from metadata_wide
    where "Xmp.photoshop.Country" is not null and "Xmp.iptc.CountryCode" is not null
)
select w.image_id, s.country || ', ' || s.code as value, c.name as note
from written s
join country_boxes c on c.spelling = fold(s.code)
join country_boxes n on n.spelling = fold(s.country) and n.name <> c.name
join metadata_wide w on w."Xmp.photoshop.Country" = s.country and w."Xmp.iptc.CountryCode" = s.code

-- name: copied(least, share)
-- The same text stands in nearly every image of a batch.
with sizes as (select batch, count(*) as n from metadata_wide group by batch having n >= $least),
often as (
    select w.batch, w.value, w.n
    from (select batch, {field} as value, count(*) as n from metadata_wide
          where length({field}) > 3 group by all having count(*) >= $least) w
    join sizes s using (batch) where w.n >= $share * s.n
)
select w.image_id, o.value, o.n::varchar as note from metadata_wide w join often o on o.batch = w.batch and o.value = w.{field}

-- name: varies(share)
-- Most of a batch says something else.
with spelled as (
    select batch, {field} as written, count(*) as n from metadata_wide where {field} is not null group by all
),
counted as (
    select batch, holder_of(written) as holder, arg_max(written, n) as written, sum(n) as n from spelled group by all
),
most as (
    select batch, arg_max(holder, n) as holder, arg_max(written, n) as written from counted
    group by batch having count(*) > 1 and max(n) >= $share * sum(n)
)
select w.image_id, w.{field} as value, m.written as note
from spelled s join most m using (batch)
join metadata_wide w on w.batch = s.batch and w.{field} = s.written
where holder_of(s.written) <> m.holder

-- name: rare(least, share)
-- A value that hardly any other image of the batch has, where nearly all have the same.
with counted as (select batch, {field} as value, count(*) as n from metadata_wide where {field} is not null group by all),
summed as (
    select batch, arg_max(value, n) as usual, max(n) as usually, sum(n) as total from counted
    group by batch having total >= $least and count(*) > 1 and usually >= (1 - $share) * total
)
select w.image_id, c.value, printf('%d of %d say “%s”', s.usually, s.total::bigint, left(s.usual, 60)) as note
from summed s join counted c using (batch)
join metadata_wide w on w.batch = c.batch and w.{field} = c.value
where c.n <= $share * s.total and c.value <> s.usual

-- name: rare_pair(least, share)
-- A combination of two values that hardly ever occurs, where one of them nearly always goes with another.
with pairs as (
    select {field} as value, {other} as other, count(*) as n from metadata_wide
    where {field} is not null and {other} is not null group by all
),
summed as (
    select value, arg_max(other, n) as usual, max(n) as usually, sum(n) as total from pairs
    group by value having total >= $least and count(*) > 1 and usually >= (1 - $share) * total
)
select w.image_id, p.value || ', ' || p.other as value, printf('%d of %d have “%s”', s.usually, s.total::bigint, left(s.usual, 60)) as note
from summed s join pairs p using (value)
join metadata_wide w on w.{field} = p.value and w.{other} = p.other
where p.other <> s.usual and p.n <= $share * s.total

-- name: far_from_median(least, spread, floor)
-- A number far from the median of its batch, measured by the median absolute deviation (times 1.4826, which makes it a
-- standard deviation where numbers are normal). Where nearly all numbers are equal, the floor stands for the deviation.
with numbers as (select f.image_id, f.batch, ({number})::double as x from image_facts f where ({number}) is not null),
middles as (select batch, median(x) as middle from numbers group by batch having count(*) >= $least),
spreads as (
    select n.batch, any_value(m.middle) as middle, greatest($floor, 1.4826 * median(abs(n.x - m.middle))) as deviation
    from numbers n join middles m using (batch) group by n.batch
)
select n.image_id, printf('%.2f', n.x) as value, printf('%.2f', s.middle) as note
from numbers n join spreads s using (batch) where abs(n.x - s.middle) > $spread * s.deviation

-- name: stale_digest()
-- The IPTC block was changed after the XMP was written.
select image_id, null as value, null as note from image_facts where iptc_digest = 'stale'

-- name: undeclared_charset(charsets)
-- The IPTC text has other letters than English ones and doesn't say how they are written.
select image_id, iptc_charset as value, null as note from image_facts
where iptc_charset in (select unnest($charsets::varchar[]))

-- name: contradiction(fields)
-- What carries the field inside one file, or beside it, says different things.
select image_id, min(why) as note, min(concat_ws(
    ' | ', 'EXIF: ' || left(exif, 60), 'IPTC: ' || left(iptc, 60), 'XMP: ' || left(xmp, 60), 'sidecar: ' || left(sidecar, 60))) as value
from metadata_conflicts where not settled and field in (select unnest($fields::varchar[]))
group by image_id

-- name: damaged(kinds)
-- Part of the metadata can't be read.
select image_id, min(detail) as value, min(message) as note from file_problems
where kind in (select unnest($kinds::varchar[])) and image_id in (select image_id from metadata_wide)
group by image_id

-- name: unlike_its_copies()
-- The same picture is there again, and says something else.
with copies as (
    select c.picture_hash, w.image_id, {field} as value from copied_pictures c join metadata_wide w using (image_id)
),
unlike as (
    select picture_hash, count(*) as n, arg_max(value, length(value)) as fullest from copies
    group by picture_hash having count(distinct coalesce(value, '')) > 1
)
select c.image_id, c.value, left(u.fullest, 100) as note from copies c join unlike u using (picture_hash)

-- name: made_by_a_program(tools, sources, keys)
-- A program that makes pictures made this one, and the digital source type doesn't say so.
select w.image_id, coalesce(w."Xmp.xmp.CreatorTool", w."Xmp.tiff.Software", 'its prompt is embedded') as value, null as note
from metadata_wide w
where coalesce(not regexp_matches(w."Xmp.iptcExt.DigitalSourceType", $sources), true) and (
    regexp_matches(lower(w."Xmp.xmp.CreatorTool"), $tools) or regexp_matches(lower(w."Xmp.tiff.Software"), $tools)
    or w."Xmp.iptcExt.AISystemUsed" is not null
    or w.image_id in (select image_id from embedded where key in (select unnest($keys::varchar[]))))

-- name: wrong_language()
-- A text that is tagged with one language is written in the letters, or with the small words, of another.
with texts as (
    select image_id, field, lang, value, split_part(lang, '-', 1) as base from file_values
    where lang <> 'x-default' and field = '{key}'
      and (image_id, field) not in (select (image_id, field) from entered_values where field = '{key}')
    union all
    select image_id, field, lang, value, split_part(lang, '-', 1) from entered_values
    where lang <> 'x-default' and field = '{key}' and value is not null
),
marked as (
    select l.lang, l.script, unnest(l.words) as word from languages l
),
foreign_letters as (
    select t.image_id, t.value, t.lang as note from texts t join languages l on l.lang = t.base
    where not in_script(t.value, l.script) and regexp_matches(t.value, '\pL')
),
spoken as (
    select t.image_id, t.lang, t.base, m.lang as spoken, count(*) as n
    from (select image_id, lang, base, unnest(string_split(lower(value), ' ')) as word from texts) t
    join marked m on m.word = t.word
    group by all
),
foreign_words as (
    select t.image_id, t.value, s.note
    from (
        select image_id, lang, lang || ', looks like ' || arg_max(spoken, n) as note
        from spoken where base in (select lang from languages) group by image_id, lang, base
        having max(n) >= 2 and count(*) filter (where spoken = base) = 0
    ) s join texts t on t.image_id = s.image_id and t.lang = s.lang
)
select image_id, left(min(value), 200) as value, min(note) as note
from (from foreign_letters union all from foreign_words) group by image_id

-- name: personal()
-- Personal data that the profile doesn't want.
select image_id, left({field}, 100) as value, null as note from metadata_wide where {field} is not null

-- name: personal_keys(patterns)
-- The same for what has no field of its own: face regions, serial numbers in maker notes, the owner of the camera.
select image_id, left(string_agg(distinct key, ', '), 200) as value, null as note from embedded
where key in (select key from embedded group by key having regexp_full_match(key, $patterns))
group by image_id

-- name: many_keywords(most)
-- More keywords than describe one picture.
select image_id, left("Xmp.dc.subject", 200) as value, keyword_count::varchar as note from metadata_wide
where keyword_count > $most

-- name: few_keywords(least)
-- Hardly any keywords.
select image_id, "Xmp.dc.subject" as value, keyword_count::varchar as note from metadata_wide
where keyword_count between 1 and $least - 1

-- name: keyword_matching(pattern)
-- A keyword that can't be one.
select k.image_id, left(string_agg(k.keyword, '; '), 200) as value, null as note
from spellings s join audited_keywords k using (keyword) where regexp_matches(s.keyword, $pattern) group by k.image_id

-- name: keyword_variant(pairings)
-- A keyword for which others write something else.
select image_id, value, note from variant_images where how in (select unnest($pairings::varchar[]))

-- name: keyword_repeated()
-- The same keyword twice in one image, but for capitals.
select image_id, left("Xmp.dc.subject", 200) as value, null as note from metadata_wide where keyword_repeated

-- name: not_a_term()
-- The value isn't a term of the profile's vocabulary; the terms that were probably meant were looked up before.
select w.image_id, left(min(w.{field}), 200) as value, min(b.near) as note
from metadata_wide w join bad_values b on b.rule = '{rule}' and b.field = '{key}' and b.value = w.{field}
group by w.image_id

-- name: language_missing(lang, default_too)
-- The text isn't there in one of the languages that the profile wants.
select image_id, null as value, $lang as note from metadata_wide
where {field} is not null and image_id not in (
    select image_id from metadata
    where field = '{key}' and (lang = $lang or starts_with(lang, $lang || '-')
                               or ($default_too and coalesce(lang, 'x-default') = 'x-default')))
