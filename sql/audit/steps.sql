-- What an audit prepares once for several of its rules, as temporary tables.

-- name: make_audited_keywords()
-- The keywords as they hold now: those of the files, or what was entered instead.
create or replace temp view audited_keywords as
select keyword, image_id from keywords
where image_id not in (select image_id from entered_values where field = 'Xmp.dc.subject')
union all
select value, image_id from entered_values where field = 'Xmp.dc.subject' and value is not null

-- name: make_spellings()
-- Every spelling of a keyword, and how many images have it.
create or replace temp table spellings as
select keyword, fold(keyword) as folded, n from (select keyword, count(*) as n from audited_keywords group by keyword)

-- name: make_keyword_variants(typo_share, typo_least, typo_length)
-- Spellings for which others are more frequent: told apart by case, accents and signs only; by a plural's ending; or by one
-- letter inside, where the other one is very much more frequent (one letter left out of either makes them equal).
create or replace temp table keyword_variants as
with
bare as materialized (
    select keyword, n, folded, regexp_replace(folded, '[^\pL\pN]+', '', 'g') as letters from spellings
),
words as materialized (select letters, sum(n)::bigint as n, arg_max(keyword, n) as keyword from bare where letters <> '' group by letters),
by_case as (
    select b.keyword, w.keyword as instead, 'case' as how from bare b join words w using (letters) where w.keyword <> b.keyword
),
endings as (
    select letters as plural, left(letters, length(letters) - 1) as singular from words where right(letters, 1) = 's'
    union all select letters, left(letters, length(letters) - 2) from words where right(letters, 2) = 'es'
    union all select letters, left(letters, length(letters) - 3) || 'y' from words where right(letters, 3) = 'ies'
),
by_plural as (
    select if(p.n > s.n, s.keyword, p.keyword) as keyword, if(p.n > s.n, p.keyword, s.keyword) as instead, 'plural' as how
    from endings e join words p on p.letters = e.plural join words s on s.letters = e.singular
    where length(e.singular) >= 3 and not regexp_matches(e.singular, '(s|\d)$')
),
rare as (
    select * from words where length(letters) >= $typo_length and not regexp_matches(letters, '\d')
      and n <= $typo_share * (select max(n) from words)
),
usual as (select * from words where length(letters) >= $typo_length and n >= $typo_least and not regexp_matches(letters, '\d')),
rare_cuts as (
    select letters, n, keyword, left(letters, i) || substr(letters, i + 2) as cut from rare, range(1, 40) r(i) where i < length(letters) - 1
),
usual_cuts as (
    select letters, n, keyword, left(letters, i) || substr(letters, i + 2) as cut from usual, range(1, 40) r(i) where i < length(letters) - 1
),
near as (
    select r.keyword, u.keyword as instead, r.n, u.n as often, r.letters, u.letters as usual from rare_cuts r join usual_cuts u using (cut)
    union all
    select r.keyword, u.keyword, r.n, u.n, r.letters, u.letters from rare r join usual_cuts u on u.cut = r.letters
    union all
    select r.keyword, u.keyword, r.n, u.n, r.letters, u.letters from rare_cuts r join usual u on u.letters = r.cut
),
by_letter as (  -- the distance is the dear part: as a filter of the aggregate it is worked out for what is left
    select keyword, arg_max(instead, often) filter (where damerau_levenshtein(letters, usual) = 1) as instead, 'typo' as how
    from near
    where letters <> usual and n <= $typo_share * often and left(letters, 1) = left(usual, 1) and right(letters, 2) = right(usual, 2)
    group by keyword having instead is not null
)
select * from by_case
union all select * from by_plural
union all select * from by_letter where keyword not in (select keyword from by_plural)

-- name: make_variant_images()
-- The images that have such spellings.
create or replace temp table variant_images as
select k.image_id, v.how, string_agg(v.keyword, '; ' order by v.keyword) as value, string_agg(v.instead, '; ' order by v.keyword) as note
from keyword_variants v join audited_keywords k using (keyword)
group by k.image_id, v.how

-- name: make_copied_pictures()
-- Images whose picture is there more than once.
create or replace temp table copied_pictures as
with perhaps as (
    select hash(picture_hash) as short from image_facts where picture_hash is not null and flat is distinct from true
    group by short having count(*) > 1
),
same as (select image_id, picture_hash from image_facts where hash(picture_hash) in (select short from perhaps))
select image_id, picture_hash from same qualify count(*) over (partition by picture_hash) > 1

-- name: make_country_boxes()
-- Where countries lie, by each of their names as it is compared.
create or replace temp table country_boxes as
select distinct fold(spelling) as spelling, name, south, west, north, east from country_spellings

-- name: distinct_values(field)
-- Every value of a field once.
select distinct value from metadata where field = $field

-- name: forget_rules(profile)
-- Make room for what the rules of this profile say now.
delete from audit_rules where profile = $profile

-- name: add_rules(profile)
-- What the rules say, for showing findings.
insert into audit_rules (profile, rule, field, title, severity, says, suggestion, place)
select $profile, rule, field, title, severity, says, suggestion, (row_number() over ())::int from rules_now

-- name: forget_findings(profile)
-- Make room for what is found now.
delete from audit_findings where profile = $profile and image_id in (select image_id from audit_scope)

-- name: forget_all_findings(profile)
-- The same for all images.
delete from audit_findings where profile = $profile

-- name: count_findings(profile)
-- How much each rule has found in the images audited, but for what somebody said is all right.
select f.rule, any_value(r.severity), sum(f.n)::bigint
from (
    select rule, field, count(*) as n from judged_findings
    where profile = $profile and reason is null and (select count(*) from audit_scope) < (select count(*) from metadata_wide)
      and image_id in (select image_id from audit_scope) group by all
    union all
    select rule, field, count(*) from judged_findings
    where profile = $profile and reason is null and (select count(*) from audit_scope) = (select count(*) from metadata_wide) group by all
) f join audit_rules r on r.profile = $profile and r.rule = f.rule and r.field = f.field
group by f.rule order by f.rule
