package cache

import (
	"os"
	"reflect"
	"time"

	"labbook/cache/recheck"
	"labbook/cache/store"
	"labbook/runlog/display"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// A verification computes some of the results again that a program loads, and
// has it recorded how they compare with the stored ones, which the program gets.
// Each key is looked at once, so that functions that call each other, each of
// which would compute the others again and again, take no more than their time
// twice or thrice.
type verification struct {
	recheck.Request
	looked told
}

// newVerification returns what the environment asks for, nil for nothing.
func newVerification() (*verification, error) {
	request, err := recheck.FromEnvironment(os.Getenv)
	if err != nil || request.Share == 0 {
		return nil, err
	}
	return &verification{Request: request}, nil
}

// verifyShelved verifies a result of which the program gets a reference only.
func (inv *invocation) verifyShelved(entries *store.Store) {
	stored, err := inv.get(entries, &inv.key)
	if err != nil {
		return // it was there a moment ago; the one who loads it will say
	}
	if results, outputs, err := stored.decode(inv.stored); err == nil {
		inv.verify(entries, stored.Entry, results, outputs)
	}
}

// verify computes a result again that was loaded, if that is asked for. What it
// comes to changes nothing for the program.
func (inv *invocation) verify(entries *store.Store, entry *store.Entry, results []reflect.Value, outputs []output) {
	v := inv.memory.verification
	if !v.Chooses(inv.name(), inv.key.digest) || !v.looked.add(inv.key.digest) {
		return
	}
	call, begun := inv.rec.NextCall(), time.Now()
	scope := inv.scope
	scope.Call = inv.number
	registered := inv.register(inv.rec)
	inv.rec.Emit(&event.CallStart{Call: call, Scope: scope, Function: registered.number, Reason: record.Verified, Started: begun})
	if outer := inv.scope.Call; outer != 0 {
		// What it calls is inside of whatever is being computed around it.
		self := callKey{inv.rec.UUID(), call}
		parents.Store(self, outer)
		defer parents.Delete(self)
	}
	verdict := inv.recheck(call, entries, newStandard(entry, results, outputs, inv.returnFiles))
	end := event.CallEnd{
		Call: call, Scope: scope, Function: registered.number, Outcome: record.Bypass, Reason: record.Verified, Detail: verdict.String(),
		Started: begun, Duration: time.Since(begun),
	}
	if verdict.Finding == recheck.Failed {
		end.Outcome, end.Error = record.Error, verdict.Text
	}
	inv.rec.Emit(&end)
	inv.tellVerified(&verdict)
}

// tellVerified says once of each function that a result did not come out as it is
// stored.
func (inv *invocation) tellVerified(v *recheck.Verdict) {
	if v.Finding == recheck.Equal && len(v.Changes) == 0 {
		return
	}
	if _, again := inv.memory.warned.LoadOrStore("verify "+string(v.Finding)+" "+inv.name(), struct{}{}); !again {
		inv.tell("a stored result of %s was verified: %s", display.Function(inv.name()), v)
	}
}

// recheck computes what is stored, and once more if it comes out otherwise.
func (inv *invocation) recheck(call int64, entries *store.Store, want *standard) recheck.Verdict {
	if problem := want.filesAtRisk(entries); problem != "" {
		return recheck.Verdict{Finding: recheck.Failed, Text: problem}
	}
	first, verdict := inv.attempt(call, entries, want)
	if verdict.Finding == recheck.Failed || verdict.Finding == recheck.Equal {
		return verdict
	}
	if first.spoiled {
		verdict.Text += "; it was not computed once more, since its arguments are no longer what they were"
		return verdict
	}
	second, other := inv.attempt(call, entries, want)
	switch {
	case other.Finding == recheck.Failed:
		verdict.Text += "; computed once more: " + other.Text
	case second.isSame(first):
		verdict.Again = recheck.Steady
	default:
		verdict.Again = recheck.Unsteady
		if other.Finding == recheck.Different {
			verdict.Finding = recheck.Different
		}
	}
	return verdict
}
