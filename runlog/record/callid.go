package record

import (
	"fmt"
	"strconv"
	"strings"
)

// CallID names one call: the run it belongs to and its number in that run,
// both counted from 1. It is written RUN.CALL, "12.57". The zero CallID names
// no call.
type CallID struct {
	Run  int64
	Call int64
}

// maxCall bounds the number of a call in its run, so that a CallID fits one
// 64-bit database key.
const maxCall = 1<<32 - 1

// ParseCallID reads "12.57".
func ParseCallID(text string) (CallID, error) {
	runText, callText, found := strings.Cut(text, ".")
	run, runErr := strconv.ParseInt(runText, 10, 31)
	call, callErr := strconv.ParseInt(callText, 10, 64)
	if !found || runErr != nil || callErr != nil || run < 1 || call < 1 || call > maxCall {
		return CallID{}, fmt.Errorf("call id %q: want RUN.CALL, such as 12.57", text)
	}
	return CallID{Run: run, Call: call}, nil
}

// UnpackCallID is the inverse of Pack.
func UnpackCallID(packed int64) CallID {
	return CallID{Run: packed >> 32, Call: packed & maxCall}
}

// Pack returns the id as one integer that sorts by run, then by call.
func (id CallID) Pack() int64 { return id.Run<<32 | id.Call }

// IsZero reports whether id names no call.
func (id CallID) IsZero() bool { return id == CallID{} }

// String returns "12.57", or "" for the zero id.
func (id CallID) String() string {
	if id.IsZero() {
		return ""
	}
	return strconv.FormatInt(id.Run, 10) + "." + strconv.FormatInt(id.Call, 10)
}

// MarshalText writes the id as String does.
func (id CallID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (id *CallID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = CallID{}
		return nil
	}
	parsed, err := ParseCallID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}
