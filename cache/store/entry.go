package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"labbook/cache/mapfile"
)

// Entry is a stored result, verified but for a mapped payload.
type Entry struct {
	Created       time.Time
	Duration      time.Duration // what computing it took
	OriginRun     string        // UUID of the run that computed it; "" if it was not recorded
	OriginCall    int64         // the call's number in that run; 0 if it was not recorded
	PayloadDigest [32]byte      // what [Digest] says of Payload
	Payload       []byte        // the caller's to keep and change

	header  []byte
	mapping *mapfile.Mapping // of Payload; nil if that is ordinary memory
}

// HasHeader reports whether the entry was read from the store, so that Header
// can say something.
func (e *Entry) HasHeader() bool { return e.header != nil }

// Header returns what the entry says about itself. It is parsed only now,
// since who wants the result does not need it.
func (e *Entry) Header() (Header, error) {
	var h Header
	if err := json.Unmarshal(e.header, &h); err != nil {
		return Header{}, fmt.Errorf("read header of entry: %w", err)
	}
	return h, nil
}

// size is that of the file.
func (e *Entry) size() int64 { return prefixSize + int64(len(e.header)) + int64(len(e.Payload)) }

// decodeEntry verifies a whole entry and takes it apart. The entry keeps b.
func decodeEntry(b []byte, key Key) (*Entry, error) {
	p, err := decodePrefix(b)
	if err != nil {
		return nil, err
	}
	if int64(len(b)) != p.size() {
		return nil, problem(fmt.Sprintf("the file has %d bytes and should have %d", len(b), p.size()))
	}
	return p.entry(key, b[prefixSize:p.payloadAt()], b[p.payloadAt():])
}

// entry verifies what follows a prefix.
func (p *prefix) entry(key Key, header, payload []byte) (*Entry, error) {
	if err := p.checkKey(key); err != nil {
		return nil, err
	}
	if err := p.checkHeader(header); err != nil {
		return nil, err
	}
	if err := p.checkPayload(payload); err != nil {
		return nil, err
	}
	return p.entryOf(header, payload), nil
}

func (p *prefix) entryOf(header, payload []byte) *Entry {
	return &Entry{
		Created:       p.created,
		Duration:      p.duration,
		OriginRun:     runText(p.originRun),
		OriginCall:    p.originCall,
		PayloadDigest: p.payloadDigest,
		Payload:       payload,
		header:        header,
	}
}

func runText(run uuid.UUID) string {
	if run == uuid.Nil {
		return ""
	}
	return run.String()
}
