package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	var out bytes.Buffer
	p := &progress{w: &out, width: 20, due: now.Add(progressDelay), now: func() time.Time { return now }}
	made := 0
	say := func(text string) {
		p.say(func() string { made++; return text })
	}
	say("too soon")
	now = now.Add(999 * time.Millisecond)
	say("still")
	if out.Len() > 0 || made > 0 {
		t.Fatalf("%q within the first second", out.String())
	}
	now = now.Add(time.Millisecond)
	say("one")
	say("at once again")
	now = now.Add(progressBeat)
	say("a text that is longer than the terminal is wide")
	p.end()
	say("after the end")
	const want = "\rone\x1b[K" + "\ra text that is lon…\x1b[K" + "\r\x1b[K"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
	if made != 2 {
		t.Errorf("%d texts were made for 2 lines", made)
	}
}

func TestNoProgressElsewhere(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	now := time.Unix(0, 0)
	a := &app{stderr: &stderr, now: func() time.Time { return now }}
	p := a.progress()
	now = now.Add(time.Hour)
	p.say(func() string { t.Error("a text was made for nobody"); return "" })
	p.end()
	if stderr.Len() > 0 {
		t.Errorf("%q", stderr.String())
	}
}
