//go:build unix

package capture

import (
	"bytes"
	"fmt"
	"slices"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// Marks say, between the bytes that a program prints, which call or task the
// bytes between two of them are from. Only the helper sees them. A mark is
//
//	ESC "_labbook;" token [ ";" call ";" batch ";" task ] ESC "\"
//
// which terminals ignore, should one ever reach them. The token is the session's
// own, so that no output is taken for a mark by accident. The numbers are missing
// in the mark at the end.

const (
	markIntro = "\x1b_labbook;"
	markEnd   = "\x1b\\"
	// longestMark bounds a mark after its token: three numbers at most.
	longestMark = 3*21 + len(markEnd)
)

func beginMark(token string, scope event.Scope) string {
	return fmt.Sprintf("%s%s;%d;%d;%d%s", markIntro, token, scope.Call, scope.Batch, scope.Task, markEnd)
}

func endMark(token string) string { return markIntro + token + markEnd }

// marks takes the marks out of a stream.
type marks struct {
	stream record.Stream
	intro  []byte // of every mark: with the token
	held   []byte // the beginning of what may be a mark
	offset int64  // in the stream without marks

	scope *event.Scope // that is open
	began int64        // at this offset
}

func newMarks(stream record.Stream, token string) *marks {
	return &marks{stream: stream, intro: []byte(markIntro + token)}
}

// strip returns what the next bytes of a stream are without marks, and the scopes
// that ended in them. It may keep back some bytes that look like the beginning of
// a mark: isHolding, flush. The result is valid until b changes.
func (m *marks) strip(b []byte) (clean []byte, scopes []event.OutputScope) {
	if len(m.held) > 0 {
		b = append(m.held, b...)
		m.held = nil
	}
	for {
		at := bytes.Index(b, m.intro)
		if at < 0 {
			break
		}
		rest := b[at+len(m.intro):]
		end := bytes.Index(rest[:min(len(rest), longestMark)], []byte(markEnd))
		if end < 0 && len(rest) < longestMark {
			clean = m.pass(clean, b[:at])
			m.held = bytes.Clone(b[at:])
			return clean, scopes
		}
		scope, ok := parseScope(rest[:max(end, 0)])
		if end < 0 || !ok { // somebody knows the token, but not what to do with it
			clean = m.pass(clean, b[:at+len(m.intro)])
			b = rest
			continue
		}
		clean = m.pass(clean, b[:at])
		if m.scope != nil && m.offset > m.began {
			scopes = append(scopes, event.OutputScope{Stream: m.stream, Offset: m.began, Bytes: m.offset - m.began, Scope: *m.scope})
		}
		m.scope, m.began = scope, m.offset
		b = rest[end+len(markEnd):]
	}
	keep := cutPrefix(b, m.intro)
	if keep > 0 {
		m.held = bytes.Clone(b[len(b)-keep:])
	}
	return m.pass(clean, b[:len(b)-keep]), scopes
}

// pass adds bytes to clean, without copying the first.
func (m *marks) pass(clean, b []byte) []byte {
	m.offset += int64(len(b))
	if clean == nil {
		return slices.Clip(b)
	}
	return append(clean, b...)
}

func (m *marks) isHolding() bool { return len(m.held) > 0 }

// flush returns what was kept back: it is no mark, since nothing came after it.
func (m *marks) flush() []byte {
	held := m.held
	m.held = nil
	m.offset += int64(len(held))
	return held
}

// parseScope reads the numbers of a mark; none end a scope, which is nil.
func parseScope(b []byte) (scope *event.Scope, ok bool) {
	if len(b) == 0 {
		return nil, true
	}
	scope = &event.Scope{}
	_, err := fmt.Sscanf(string(b), ";%d;%d;%d", &scope.Call, &scope.Batch, &scope.Task)
	return scope, err == nil
}

// cutPrefix returns how many bytes at the end of b are the beginning of prefix.
func cutPrefix(b, prefix []byte) int {
	tail := b[max(0, len(b)-len(prefix)+1):]
	for i := range tail {
		if bytes.HasPrefix(prefix, tail[i:]) {
			return len(tail) - i
		}
	}
	return 0
}
