-- Certificates: a random sample of what is to be removed, and what people who looked at it said.

create table certificate_draws (
    draw_id     varchar   not null,
    what        varchar   not null,
    population  bigint    not null,
    sampled     bigint    not null,
    seed        varchar   not null,
    digest      varchar   not null,     -- of all pairs that it was drawn from
    confidence  double    not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create table certificate_sample (
    draw_id         varchar not null,
    place           bigint  not null,   -- in the order drawn, from 0
    image_id        varchar not null,
    keeper_id       varchar not null,
    checksum        varchar not null,
    keeper_checksum varchar not null
);

create table certificate_judgements (
    draw_id     varchar   not null,
    place       bigint    not null,
    verdict     varchar   not null,     -- right, wrong or unsure
    note        varchar   not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create view last_judgements as
select draw_id, place, verdict, note, actor, "at", seq from certificate_judgements
qualify row_number() over (partition by draw_id, place order by seq desc) = 1;

create view certificates as
select d.draw_id, d.what, d.population, d.sampled,
       count(j.place) as judged,
       count(*) filter (j.verdict = 'wrong') as wrong,
       count(*) filter (j.verdict = 'unsure') as unsure,
       d.confidence, d.seed, d.digest, d.actor, d."at"
from certificate_draws d left join last_judgements j using (draw_id)
group by all;

comment on view certificates is 'Random samples of removals, and what people who looked at them said: a row a sample.';
comment on column certificates.draw_id is 'the sample';
comment on column certificates.what is 'what it was drawn from, in words';
comment on column certificates.population is 'how many pairs there were to draw from';
comment on column certificates.sampled is 'how many were drawn';
comment on column certificates.judged is 'how many have been looked at';
comment on column certificates.wrong is 'how many of these are no duplicates';
comment on column certificates.unsure is 'how many nobody could tell; they count as wrong';
comment on column certificates.confidence is 'of the statement that it leads to, 0 to 1';
comment on column certificates.seed is 'from which anybody can draw the same pairs again';
comment on column certificates.digest is 'SHA-256 of all pairs that it was drawn from';
comment on column certificates.actor is 'who drew it';
comment on column certificates."at" is 'when (UTC)';

-- Values can also be taken over from a duplicate.
comment on column entered.origin is 'entered, template, suggested, or merged (from a duplicate)';
comment on column metadata.origin is 'exif, iptc, xmp or sidecar for what a file says; entered, template, suggested or merged for what people did';
comment on column history.origin is 'entered, template, suggested, or merged (from a duplicate)';
