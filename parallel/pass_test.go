package parallel

import "time"

// pass lets d go by in a synctest bubble, whose clock moves on when everything
// in it waits.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // no real time passes in a bubble
}
