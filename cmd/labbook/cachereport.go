package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"labbook/cache/store"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

// An entryReport is what --json prints of an entry.
type entryReport struct {
	Function      string        `json:"function"`
	Key           string        `json:"key"`
	Path          string        `json:"path"`
	Bytes         int64         `json:"bytes"` // of the file
	PayloadBytes  int64         `json:"payload_bytes"`
	PayloadDigest string        `json:"payload_digest"`
	Created       time.Time     `json:"created"`
	LastUsed      time.Time     `json:"last_used,omitzero"`
	Duration      time.Duration `json:"duration_ns"` // that computing took
	OriginRun     string        `json:"origin_run,omitempty"`
	OriginCall    int64         `json:"origin_call,omitempty"`
	Pinned        bool          `json:"pinned"`
	Parts         []record.Part `json:"parts"`
}

func newEntryReport(uses *store.Uses, info *store.Info, pinned bool) entryReport {
	used, _ := uses.LastUsed(info.Function, info.Key) // zero where it is not known
	parts := info.Header.Parts
	if parts == nil {
		parts = []record.Part{}
	}
	return entryReport{
		Function: info.Function, Key: hex.EncodeToString(info.Key[:]), Path: info.Path,
		Bytes: info.Size, PayloadBytes: info.PayloadSize, PayloadDigest: hex.EncodeToString(info.PayloadDigest[:]),
		Created: info.Created, LastUsed: used, Duration: info.Duration,
		OriginRun: info.OriginRun, OriginCall: info.OriginCall, Pinned: pinned, Parts: parts,
	}
}

// arguments are the previews of what the function was called with.
func (r *entryReport) arguments() string {
	var previews []string
	for i := range r.Parts {
		p := &r.Parts[i]
		if p.Kind != record.PartArgument {
			continue
		}
		text := p.Preview
		if p.Name != "" {
			text = p.Name + "=" + text
		}
		previews = append(previews, text)
	}
	return strings.Join(previews, ", ")
}

// A tally sums up entries. Damaged ones count as such and nowhere else.
type tally struct {
	Entries  int64         `json:"entries"`
	Bytes    int64         `json:"bytes"`
	Duration time.Duration `json:"duration_ns"` // that computing all of them took
	LastUsed time.Time     `json:"last_used,omitzero"`
	Pinned   int64         `json:"pinned"`
	Bad      int64         `json:"bad"` // entries whose beginning alone shows that they cannot be read

	created time.Time // the latest
}

func (t *tally) add(info *store.Info, used time.Time, pinned bool) {
	t.Entries++
	t.Bytes += info.Size
	t.Duration += info.Duration
	if used.After(t.LastUsed) {
		t.LastUsed = used
	}
	if info.Created.After(t.created) {
		t.created = info.Created
	}
	if pinned {
		t.Pinned++
	}
}

func (t *tally) String() string {
	text := display.Plural(t.Entries, "entry", "entries") + ", " + display.Bytes(t.Bytes) + ", computed in " + display.Duration(t.Duration)
	if t.Pinned > 0 {
		text += ", " + display.Count(t.Pinned) + " pinned"
	}
	if t.Bad > 0 {
		text += "; " + display.Count(t.Bad) + " cannot be read: labbook cache verify says why"
	}
	return text
}

// A pinned entry, and what tells it from others.
type pinKey struct {
	function string
	key      store.Key
}

func pinsOf(s *store.Store) map[pinKey]bool {
	pins := map[pinKey]bool{}
	for function, key := range s.Pins() {
		pins[pinKey{function, key}] = true
	}
	return pins
}

// shortKey is what ls prints of a key, and what every command takes for it.
func shortKey(key store.Key) string { return display.Digest(hex.EncodeToString(key[:])) }

// usesOf reads when entries were last used.
func usesOf(ctx context.Context, s *store.Store, p *progress) (uses *store.Uses, err error) {
	err = p.meanwhile("reading when entries were last used", func() error {
		uses, err = s.Uses(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read when entries were last used: %w", err)
	}
	return uses, nil
}
