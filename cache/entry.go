package cache

import (
	"fmt"
	"time"

	"labbook/cache/store"
	"labbook/diffargs"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

// Entry is what is known of a stored result besides the result.
type Entry struct {
	Function   string
	Key        diffargs.Digest
	Created    time.Time
	Duration   time.Duration // what computing took
	Bytes      int64         // of the result as it is stored
	OriginRun  string        // UUID of the run that computed it; "" if that was not recorded
	OriginCall int64         // the call's number in that run
	Parts      []record.Part // what the key was made of
}

// entryOf turns what the store has into what people see.
func entryOf(e *store.Entry) (Entry, error) {
	header, err := e.Header()
	if err != nil {
		return Entry{}, err
	}
	key, err := diffargs.ParseDigest(header.Key)
	if err != nil {
		return Entry{}, fmt.Errorf("read entry: %w", err)
	}
	return Entry{
		Function: header.Function, Key: key, Created: e.Created, Duration: e.Duration, Bytes: int64(len(e.Payload)),
		OriginRun: e.OriginRun, OriginCall: e.OriginCall, Parts: header.Parts,
	}, nil
}

// entryOfInfo does the same with an entry whose payload was not read.
func entryOfInfo(info *store.Info) Entry {
	return Entry{
		Function: info.Header.Function, Key: diffargs.Digest(info.Key), Created: info.Created, Duration: info.Duration, Bytes: info.PayloadSize,
		OriginRun: info.OriginRun, OriginCall: info.OriginCall, Parts: info.Header.Parts,
	}
}

// judge says why a stored result does not serve; the reason is "" if it does.
func (f *function) judge(e *store.Entry) (reason record.ReasonKind, detail string) {
	if reason, detail = f.judgeAge(e.Created); reason != "" || f.settings.valid == nil {
		return reason, detail
	}
	entry, err := entryOf(e)
	if err != nil {
		return record.Corrupt, err.Error()
	}
	return f.ask(entry)
}

// judged is what judge came to.
func (f *function) judged(e *store.Entry) refusal {
	reason, detail := f.judge(e)
	return refusal{payload: e.PayloadDigest, created: e.Created, reason: reason, detail: detail}
}

// judgeInfo does the same with an entry whose payload was not read.
func (f *function) judgeInfo(info *store.Info) (reason record.ReasonKind, detail string) {
	if reason, detail = f.judgeAge(info.Created); reason != "" || f.settings.valid == nil {
		return reason, detail
	}
	return f.ask(entryOfInfo(info))
}

func (f *function) judgeAge(created time.Time) (reason record.ReasonKind, detail string) {
	if f.settings.expires <= 0 {
		return "", ""
	}
	age := time.Since(created)
	if age <= f.settings.expires {
		return "", ""
	}
	return record.Expired, fmt.Sprintf("it was %s old, and cache.ExpiresAfter allows %s", display.Duration(age), display.Duration(f.settings.expires))
}

func (f *function) ask(e Entry) (reason record.ReasonKind, detail string) {
	if f.settings.valid(e) {
		return "", ""
	}
	return record.Invalidated, "the function given to cache.ValidIf refused it"
}
