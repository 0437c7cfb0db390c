package whymiss_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
)

// What is known of the folders tells what became of a result.
func TestResultsThatAreGone(t *testing.T) {
	t.Parallel()
	const stored = "call 1.1 computed and stored the same 1 m 00 s earlier"
	here := record.Cache{Folder: "/lab/cache"}
	limited := record.Cache{Folder: "/lab/cache", Limits: "MaxBytes 64 KiB"}
	const deleted = "keep the cache folder, and keep it from being cleaned; the result is stored again now"
	for _, test := range []struct {
		reason  string
		was, is record.Cache
		want    whymiss.Reason
		remedy  whymiss.Remedy
	}{
		{
			"another folder", here,
			record.Cache{Folder: "/tmp/cache", IsNew: true},
			whymiss.Reason{Kind: record.OptionChanged, Summary: "the cache folder changed from /lab/cache to /tmp/cache: " + stored + " in the former"},
			whymiss.Remedy{
				Advice: "use one folder: /lab/cache again, or labbook cache merge /lab/cache to bring its results over",
				Code:   `cache.New("/lab/cache", cache.Options{})`,
			},
		},
		{
			"a new folder", here,
			record.Cache{Folder: "/lab/cache", IsNew: true},
			whymiss.Reason{Kind: record.Evicted, Summary: stored + ", but when run 2 began, /lab/cache held no result of the function at all: they were deleted"},
			whymiss.Remedy{Advice: deleted},
		},
		{
			"limits", limited, limited,
			whymiss.Reason{Kind: record.Evicted, Summary: stored + ", but its entry is gone from /lab/cache, which is kept within MaxBytes 64 KiB: it was evicted, or removed by hand"},
			whymiss.Remedy{
				Advice: "let the cache hold more; the result is stored again now", Code: "cache.Options{MaxBytes: 4 << 30}",
				WouldHit: 1, SavedSeconds: 1,
				Evidence: "the newest results on record take 3.0 GiB; results of model.Train were computed again 1 time, which took 1.0 s",
			},
		},
		{
			"limits of the earlier run", limited, here,
			whymiss.Reason{Kind: record.Evicted, Summary: stored + ", but its entry is gone from /lab/cache, which is kept within MaxBytes 64 KiB: it was evicted, or removed by hand"},
			whymiss.Remedy{
				Advice: "let the cache hold more; the result is stored again now", Code: "cache.Options{MaxBytes: 4 << 30}",
				WouldHit: 1, SavedSeconds: 1,
				Evidence: "the newest results on record take 3.0 GiB; results of model.Train were computed again 1 time, which took 1.0 s",
			},
		},
		{
			"no limits", here, here,
			whymiss.Reason{Kind: record.Evicted, Summary: stored + ", but its entry was removed from /lab/cache since; neither run sets limits, so that it was by hand, by labbook cache, or by another program's limits"},
			whymiss.Remedy{Advice: deleted},
		},
		{
			"nothing is known",
			record.Cache{},
			here,
			whymiss.Reason{Kind: record.Evicted, Summary: stored + ", but no entry of it was in the cache folder: it was evicted or deleted, or stored in another folder"},
			whymiss.Remedy{Advice: deleted},
		},
	} {
		h := newHistory(t)
		h.caches[1], h.caches[2] = test.was, test.is
		h.compute("1.1", arg("x", 1), that(func(c *record.Call) { c.ResultBytes = 3 << 30 }))
		h.compute("2.1", arg("x", 1))
		got := explain(t, h, "2.1")
		if diff := cmp.Diff(test.want, got.Reason); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if diff := cmp.Diff([]whymiss.Remedy{test.remedy}, got.Remedies); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}
