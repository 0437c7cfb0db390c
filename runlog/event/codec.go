package event

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"labbook/runlog/record"
)

// UnknownError is an event of a kind that this version does not know: a newer
// program wrote it.
type UnknownError struct{ Kind byte }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("event of unknown kind %d, written by a newer labbook", e.Kind)
}

var errTruncated = errors.New("event is truncated")

// Append adds the bytes of e to b.
func Append(b []byte, e Event) []byte {
	switch e := e.(type) {
	case *CallEnd:
		return e.Append(b)
	case *CallStart:
		return e.Append(b)
	}
	c := coder{buf: append(b, byte(e.kind()))}
	e.fields(&c)
	return c.buf
}

// Append adds the bytes of e to b. It lets both of them stay on the stack, which
// the package's Append does not: no compiler knows what all events do with what
// they are given. It writes what fields would, in half the time.
func (e *CallEnd) Append(b []byte) []byte {
	b = append(b, byte(kindCallEnd))
	b = binary.AppendVarint(b, e.Call)
	b = binary.AppendVarint(b, e.Scope.Call)
	b = binary.AppendVarint(b, e.Scope.Batch)
	b = binary.AppendVarint(b, e.Scope.Task)
	b = binary.AppendVarint(b, e.Function)
	b = append(binary.AppendUvarint(b, uint64(len(e.Key))), e.Key...)
	b = appendText(b, string(e.Outcome))
	b = appendText(b, string(e.Reason))
	b = appendText(b, e.Detail)
	b = appendText(b, e.OriginRun)
	b = binary.AppendVarint(b, e.OriginCall)
	b = binary.AppendVarint(b, nanos(&e.Started))
	b = binary.AppendVarint(b, int64(e.Duration))
	b = binary.AppendVarint(b, int64(e.Saved))
	b = append(binary.AppendUvarint(b, uint64(len(e.ResultDigest))), e.ResultDigest...)
	b = binary.AppendVarint(b, e.ResultBytes)
	b = appendText(b, e.Error)
	return appendText(b, e.StoreError)
}

func appendText(b []byte, text string) []byte {
	if text == "" { // as most are
		return append(b, 0)
	}
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// Append adds the bytes of e to b, like that of CallEnd.
func (e *CallStart) Append(b []byte) []byte {
	c := coder{buf: append(b, byte(kindCallStart))}
	e.fields(&c)
	return c.buf
}

// Decode reads one event from all of b. The event may keep parts of b.
func Decode(b []byte) (Event, error) {
	if len(b) == 0 {
		return nil, errTruncated
	}
	e := newEvent(kind(b[0]))
	if e == nil {
		return nil, &UnknownError{Kind: b[0]}
	}
	c := coder{buf: b[1:], decoding: true}
	e.fields(&c)
	if c.err != nil {
		return nil, fmt.Errorf("decode %T: %w", e, c.err)
	}
	return e, nil
}

// A coder writes fields to buf, or reads them from it: one list of fields per
// type serves both, so that the two cannot disagree. After an error a reading
// coder leaves every further field zero.
type coder struct {
	buf      []byte
	decoding bool
	err      error
}

func (c *coder) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.buf = nil
}

// isOver reports whether an event ends here that is being read: an earlier version
// wrote it, which did not know the fields that would follow.
func (c *coder) isOver() bool { return c.decoding && c.err == nil && len(c.buf) == 0 }

func (c *coder) int64(v *int64) {
	if !c.decoding {
		c.buf = binary.AppendVarint(c.buf, *v)
		return
	}
	n, size := binary.Varint(c.buf)
	if size <= 0 {
		c.fail(errTruncated)
		return
	}
	*v, c.buf = n, c.buf[size:]
}

func (c *coder) int(v *int) {
	n := int64(*v)
	c.int64(&n)
	*v = int(n)
}

func (c *coder) bool(v *bool) {
	var n int64
	if *v {
		n = 1
	}
	c.int64(&n)
	*v = n != 0
}

func (c *coder) time(v *time.Time) {
	n := nanos(v)
	c.int64(&n)
	if c.decoding && n != 0 {
		*v = time.Unix(0, n)
	}
}

// nanos is a moment as it is written: 0 for the zero time.
func nanos(v *time.Time) int64 {
	if v.IsZero() {
		return 0
	}
	return v.UnixNano()
}

func (c *coder) duration(v *time.Duration) { c.int64((*int64)(v)) }

func (c *coder) float(v *float64) {
	if !c.decoding {
		c.buf = binary.LittleEndian.AppendUint64(c.buf, math.Float64bits(*v))
		return
	}
	if len(c.buf) < 8 {
		c.fail(errTruncated)
		return
	}
	*v, c.buf = math.Float64frombits(binary.LittleEndian.Uint64(c.buf)), c.buf[8:]
}

// length codes a count of things that take at least one byte each, so that a
// damaged count cannot make a reader allocate more than its input.
func (c *coder) length(n int) int {
	if !c.decoding {
		c.buf = binary.AppendUvarint(c.buf, uint64(n))
		return n
	}
	v, size := binary.Uvarint(c.buf)
	if size <= 0 || v > uint64(len(c.buf)-size) {
		c.fail(errTruncated)
		return 0
	}
	c.buf = c.buf[size:]
	return int(v)
}

func (c *coder) bytes(v *[]byte) {
	n := c.length(len(*v))
	if !c.decoding {
		c.buf = append(c.buf, *v...)
		return
	}
	if n > 0 {
		*v, c.buf = c.buf[:n:n], c.buf[n:]
	}
}

// text codes any string type.
func text[S ~string](c *coder, v *S) {
	if !c.decoding && *v == "" { // as most are
		c.buf = append(c.buf, 0)
		return
	}
	n := c.length(len(*v))
	if !c.decoding {
		c.buf = append(c.buf, *v...)
		return
	}
	*v, c.buf = S(c.buf[:n]), c.buf[n:]
}

// list codes a slice by its elements' own coding.
func list[E any](c *coder, v *[]E, element func(*coder, *E)) {
	n := c.length(len(*v))
	if c.decoding {
		*v = nil
		for range n {
			var e E
			element(c, &e)
			if c.err != nil {
				return
			}
			*v = append(*v, e)
		}
		return
	}
	for i := range *v {
		element(c, &(*v)[i])
	}
}

// json codes rows that are written once a run, where readability across
// versions is worth more than speed.
func (c *coder) json(v any) {
	if c.decoding {
		var raw []byte
		c.bytes(&raw)
		if c.err == nil {
			if err := json.Unmarshal(raw, v); err != nil {
				c.fail(err)
			}
		}
		return
	}
	raw, err := json.Marshal(v)
	if err != nil {
		// Rows hold strings, numbers and times only; times out of range are
		// the one thing that json refuses, and no clock shows them.
		raw = []byte("{}")
	}
	c.bytes(&raw)
}

func (e *RunStart) fields(c *coder)  { c.json(&e.Run); text(c, &e.RerunOfUUID) }
func (e *RunParams) fields(c *coder) { c.json(&e.Params) }

func (e *RunEnd) fields(c *coder) {
	c.time(&e.Ended)
	text(c, &e.Status)
	c.int(&e.ExitCode)
	text(c, &e.Signal)
	text(c, &e.Error)
	e.Usage.fields(c)
}

func (e *Heartbeat) fields(c *coder) { c.time(&e.At); e.Usage.fields(c) }

func (u *Usage) fields(c *coder) {
	c.duration(&u.UserTime)
	c.duration(&u.SysTime)
	c.int64(&u.MaxRSS)
}

func (e *Function) fields(c *coder) {
	c.int64(&e.Number)
	text(c, &e.Name)
	text(c, &e.CodeDigest)
	text(c, &e.CodeKind)
	text(c, &e.File)
	c.int(&e.Line)
	if c.isOver() {
		return
	}
	text(c, &e.Cache.Folder)
	c.bool(&e.Cache.IsNew)
	text(c, &e.Cache.Limits)
}

func (e *Source) fields(c *coder) {
	text(c, &e.CodeDigest)
	text(c, &e.Name)
	text(c, &e.Text)
	if c.isOver() {
		return
	}
	text(c, &e.Via)
	text(c, &e.File)
	c.int(&e.Line)
}

func (e *Key) fields(c *coder) {
	c.bytes(&e.Key)
	c.int64(&e.Function)
	list(c, &e.Parts, func(c *coder, p *record.Part) {
		c.int(&p.Position)
		text(c, &p.Kind)
		text(c, &p.Name)
		text(c, &p.Digest)
		text(c, &p.Preview)
	})
	if !c.isOver() {
		c.int64(&e.Call)
	}
}

func (e *Snapshot) fields(c *coder) { text(c, &e.Digest); c.bytes(&e.Blob) }

func (e *CallStart) fields(c *coder) {
	c.int64(&e.Call)
	e.Scope.fields(c)
	c.int64(&e.Function)
	c.bytes(&e.Key)
	text(c, &e.Reason)
	text(c, &e.Detail)
	c.time(&e.Started)
}

func (e *CallEnd) fields(c *coder) {
	c.int64(&e.Call)
	e.Scope.fields(c)
	c.int64(&e.Function)
	c.bytes(&e.Key)
	text(c, &e.Outcome)
	text(c, &e.Reason)
	text(c, &e.Detail)
	text(c, &e.OriginRun)
	c.int64(&e.OriginCall)
	c.time(&e.Started)
	c.duration(&e.Duration)
	c.duration(&e.Saved)
	c.bytes(&e.ResultDigest)
	c.int64(&e.ResultBytes)
	text(c, &e.Error)
	text(c, &e.StoreError)
}

func (s *Scope) fields(c *coder) {
	c.int64(&s.Call)
	c.int64(&s.Batch)
	c.int64(&s.Task)
}

func (e *BatchStart) fields(c *coder) {
	c.int64(&e.Batch)
	e.Scope.fields(c)
	text(c, &e.Label)
	text(c, &e.Backend)
	c.int(&e.Jobs)
	c.int64(&e.Tasks)
	c.time(&e.Started)
}

func (e *BatchEnd) fields(c *coder) {
	c.int64(&e.Batch)
	c.int64(&e.Tasks)
	c.int64(&e.Done)
	c.int64(&e.Failed)
	c.time(&e.Ended)
	text(c, &e.Status)
	text(c, &e.Error)
}

func (e *Tasks) fields(c *coder) {
	c.int64(&e.Batch)
	list(c, &e.Tasks, func(c *coder, t *record.Task) {
		c.int64(&t.Index)
		c.int(&t.Worker)
		c.int(&t.Attempt)
		c.time(&t.Queued)
		c.time(&t.Started)
		c.time(&t.Ended)
		text(c, &t.Status)
		text(c, &t.Error)
	})
}

func (e *Output) fields(c *coder) {
	text(c, &e.Stream)
	c.int64(&e.Offset)
	c.time(&e.At)
	c.bytes(&e.Bytes)
}

func (e *Metric) fields(c *coder) {
	text(c, &e.Name)
	c.int64(&e.Step)
	c.float(&e.Value)
	c.time(&e.At)
}

func (e *Artifact) fields(c *coder) {
	text(c, &e.Name)
	text(c, &e.Path)
	text(c, &e.MediaType)
	c.int64(&e.Bytes)
	c.time(&e.At)
}

func (e *Tag) fields(c *coder)  { text(c, &e.Tag) }
func (e *Note) fields(c *coder) { text(c, &e.Text); c.time(&e.At) }
func (e *VCS) fields(c *coder)  { text(c, &e.Revision); c.bool(&e.Dirty); text(c, &e.Diff) }

func (e *Within) fields(c *coder) { text(c, &e.UUID) }

func (e *Exit) fields(c *coder) {
	c.time(&e.At)
	c.int(&e.ExitCode)
	text(c, &e.Signal)
	c.bool(&e.Panicked)
	e.Usage.fields(c)
}

func (e *Sample) fields(c *coder) {
	c.time(&e.At)
	c.duration(&e.CPU)
	c.int64(&e.RSS)
	c.int64(&e.Read)
	c.int64(&e.Written)
}

func (e *Input) fields(c *coder) {
	text(c, &e.Path)
	c.int64(&e.Bytes)
	c.time(&e.Modified)
	text(c, &e.Digest)
}

func (e *OutputScope) fields(c *coder) {
	text(c, &e.Stream)
	c.int64(&e.Offset)
	c.int64(&e.Bytes)
	e.Scope.fields(c)
}

func (e *Result) fields(c *coder) {
	c.int64(&e.Call)
	list(c, &e.Values, func(c *coder, v *record.ResultValue) {
		text(c, &v.Path)
		text(c, &v.Digest)
	})
}
