-- Which sources a scan of this catalogue has seen whole: a catalogue that was made anew hasn't seen any.
create table surveys (
    source      varchar   not null
);
