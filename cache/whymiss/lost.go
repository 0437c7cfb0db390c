package whymiss

import (
	"context"
	"fmt"
	"strings"
	"time"

	"labbook/runlog/display"
	"labbook/runlog/record"
)

// lostResult says why the result that an equal call computed before was not there.
func (x *explainer) lostResult(ctx context.Context, before *record.Call) error {
	x.e.Reason = notStored(&x.call.Call, before)
	switch {
	case x.e.Reason.Kind != "":
		if before.Outcome != record.Running { // which names no error to see to
			x.e.Remedies = remediesFor(x.e.Reason.Kind)
		}
		return nil
	case x.call.ID.IsZero():
		x.e.Reason, x.e.Remedies = gone(&x.call.Call, before, record.Cache{}, record.Cache{}), remediesFor(record.Evicted)
		return nil
	}
	is, err := x.h.Cache(ctx, x.call.ID)
	if err != nil {
		return err
	}
	was, err := x.h.Cache(ctx, before.ID)
	if err != nil {
		return err
	}
	x.e.Reason = gone(&x.call.Call, before, was, is)
	x.e.Remedies, err = keepResults(ctx, x.h, x.call, was, is)
	return err
}

// notStored says why there was nothing to be found, if it was not stored by then.
func notStored(call, before *record.Call) Reason {
	switch {
	case before.Outcome == record.Error:
		return Reason{record.StoreFailed, fmt.Sprintf("the same call returned an error before (%s: %s), and errors are not stored", before.ID, before.Error)}
	case before.StoreError != "":
		return Reason{record.StoreFailed, fmt.Sprintf("call %s computed the same but could not store its result: %s", before.ID, before.StoreError)}
	case before.Outcome == record.Running:
		return Reason{record.StoreFailed, fmt.Sprintf("call %s began to compute the same but has not ended: it was cut short, or is still at it", before.ID)}
	case before.Started.Add(before.Duration).After(call.Started):
		return Reason{record.Raced, fmt.Sprintf("call %s was computing the same at the same time and had not stored its result yet", before.ID)}
	default:
		return Reason{}
	}
}

// gone says what became of a result that was stored, as far as that is known.
func gone(call, before *record.Call, was, is record.Cache) Reason {
	stored := fmt.Sprintf("call %s computed and stored the same %s earlier", before.ID, display.Duration(max(call.Started.Sub(before.Started), time.Duration(0))))
	switch {
	case was.Folder == "" || is.Folder == "":
		return Reason{record.Evicted, stored + ", but no entry of it was in the cache folder: it was evicted or deleted, or stored in another folder"}
	case was.Folder != is.Folder:
		return Reason{record.OptionChanged, fmt.Sprintf("the cache folder changed from %s to %s: %s in the former", was.Folder, is.Folder, stored)}
	case is.IsNew && before.ID.Run != call.ID.Run:
		return Reason{record.Evicted, fmt.Sprintf("%s, but when run %d began, %s held no result of the function at all: they were deleted",
			stored, call.ID.Run, is.Folder)}
	}
	limits := is.Limits
	if limits == "" {
		limits = was.Limits
	}
	if limits == "" {
		return Reason{record.Evicted, fmt.Sprintf("%s, but its entry was removed from %s since; neither run sets limits, so that it was by hand, by labbook cache, or by another program's limits", stored, is.Folder)}
	}
	return Reason{record.Evicted, fmt.Sprintf("%s, but its entry is gone from %s, which is kept within %s: it was evicted, or removed by hand", stored, is.Folder, limits)}
}

// keepResults is what keeps results from going.
func keepResults(ctx context.Context, h History, call *record.CallDetail, was, is record.Cache) ([]Remedy, error) {
	if is.Folder == "" || was.Folder == "" {
		return remediesFor(record.Evicted), nil
	}
	if was.Folder != is.Folder {
		return []Remedy{{
			Advice: "use one folder: " + was.Folder + " again, or labbook cache merge " + was.Folder + " to bring its results over",
			Code:   fmt.Sprintf("cache.New(%q, cache.Options{})", was.Folder),
		}}, nil
	}
	if is.Limits == "" && was.Limits == "" {
		return remediesFor(record.Evicted), nil
	}
	again, err := h.Recomputed(ctx, call.Function)
	if err != nil {
		return nil, err
	}
	var evidence []string
	r := Remedy{Advice: "let the cache hold more; the result is stored again now", WouldHit: again.Again, SavedSeconds: again.Spent.Seconds()}
	if again.Bytes > 0 {
		r.Code = "cache.Options{MaxBytes: " + roomFor(again.Bytes) + "}"
		evidence = append(evidence, "the newest results on record take "+display.Bytes(again.Bytes))
	}
	if again.Again > 0 {
		evidence = append(evidence, fmt.Sprintf("results of %s were computed again %s, which took %s",
			display.Function(call.Function), display.Plural(again.Again, "time", "times"), display.Duration(again.Spent)))
	}
	r.Evidence = strings.Join(evidence, "; ")
	return []Remedy{r}, nil
}

// roomFor writes a size that has some room beyond bytes.
func roomFor(bytes int64) string {
	const mib, gib = 1 << 20, 1 << 30
	room := bytes + bytes/4
	if room < gib {
		return fmt.Sprintf("%d << 20", room/mib+1)
	}
	return fmt.Sprintf("%d << 30", room/gib+1)
}
