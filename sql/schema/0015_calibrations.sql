-- What finding duplicates was shown to be worth on this collection: when it was calibrated, and what came of it.

create table calibration_rows (
    calibration_id  varchar   not null,
    part            varchar   not null,    -- recall or pairs
    kind            varchar   not null,
    says            varchar   not null,
    tried           bigint    not null,    -- copies or pairs
    proposed        bigint    not null,
    found           bigint    not null,    -- taken for duplicates
    refuted         bigint    not null,    -- of these known to be none
    low             double    not null,
    high            double    not null,
    thresholds      varchar   not null,    -- a JSON object
    seed            bigint    not null,
    pictures        bigint    not null,
    sampled         bigint    not null,
    actor           varchar   not null,
    "at"            timestamp not null,
    seq             bigint    not null
);

create view calibration_figures as
select calibration_id, part, kind, says, tried, proposed, found, refuted, found / nullif(tried, 0) as share, low, high
from calibration_rows;

create view calibrations as
select calibration_id, any_value(thresholds) as thresholds, any_value(pictures) as pictures, any_value(sampled) as sampled,
       any_value(seed) as seed, count(*) filter (part = 'recall') as kinds,
       avg(found / nullif(tried, 0)) filter (part = 'recall') as recall,
       min(found / nullif(tried, 0)) filter (part = 'recall') as least_recall,
       max(tried) filter (part = 'pairs' and kind = 'all') as pairs,
       max(refuted) filter (part = 'pairs' and kind = 'all') as false_matches,
       max(high) filter (part = 'pairs' and kind = 'all') as false_match_bound,
       any_value(actor) as actor, any_value("at") as "at", any_value(seq) as seq
from calibration_rows group by calibration_id;

comment on view calibrations is 'When finding duplicates was tried out on this collection, and what came of it: a row a calibration.';
comment on column calibrations.calibration_id is 'the calibration';
comment on column calibrations.thresholds is 'what was chosen for verification, as JSON';
comment on column calibrations.pictures is 'different pictures there were to find copies among';
comment on column calibrations.sampled is 'pictures that edited copies were made of';
comment on column calibrations.seed is 'by which they were drawn';
comment on column calibrations.kinds is 'kinds of edits tried';
comment on column calibrations.recall is 'part of the copies found, averaged over the kinds';
comment on column calibrations.least_recall is 'the same of the kind found least';
comment on column calibrations.pairs is 'pairs of different pictures that the search decided on';
comment on column calibrations.false_matches is 'of these taken for duplicates though people said that they are none';
comment on column calibrations.false_match_bound is 'the rate of such that is not exceeded, at 95 % confidence';
comment on column calibrations.actor is 'who started it';
comment on column calibrations."at" is 'when (UTC)';
comment on column calibrations.seq is 'position in the ledger';

comment on view calibration_figures is 'The figures of each calibration: a row a kind of edit, and a row a set of pairs.';
comment on column calibration_figures.calibration_id is 'the calibration';
comment on column calibration_figures.part is 'recall (edited copies) or pairs (of different pictures)';
comment on column calibration_figures.kind is 'the kind of edit; all, random, nearest, or a kind of look-alikes';
comment on column calibration_figures.says is 'that in words';
comment on column calibration_figures.tried is 'copies made, or pairs';
comment on column calibration_figures.proposed is 'of these compared at all';
comment on column calibration_figures.found is 'of these taken for duplicates';
comment on column calibration_figures.refuted is 'of these known to be none';
comment on column calibration_figures.share is 'found as a part of tried';
comment on column calibration_figures.low is 'copies: lower bound of that share, 95 % (Wilson); pairs: refuted as a part of tried';
comment on column calibration_figures.high is 'copies: upper bound of that share (Wilson); pairs: that of the rate of false ones, 95 % (Clopper-Pearson)';
