package rerun

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog"
	"labbook/runlog/record"
)

func TestCheckSetting(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"c=1", "max-depth=3", "name=", "list=1,2,3", "equation=a=b", "word=größer"} {
		if err := CheckSetting(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, test := range []struct{ setting, want string }{
		{"", `set "": want NAME=VALUE`},
		{"c", `set "c": want NAME=VALUE`},
		{"=1", `set "=1": want NAME=VALUE`},
		{"c=1 d=2", `set "c=1 d=2": a setting cannot hold spaces`},
		{"c=\t", `set "c=\t": a setting cannot hold spaces`},
	} {
		if err := CheckSetting(test.setting); err == nil || err.Error() != test.want {
			t.Errorf("%q: %v; want %q", test.setting, err, test.want)
		}
	}
}

func TestSettingsThatAFlagBeatsAreRefused(t *testing.T) {
	t.Parallel()
	run := &record.RunDetail{Run: record.Run{ID: 9}, Params: []record.Param{
		{Name: "MaxDepth", Value: "3", Source: "flag"}, {Name: "C", Value: "1", Source: "default"}, {Name: "K", Value: "1", Source: "LABBOOK_SET"},
	}}
	for _, heeded := range []string{"c=2", "K=2", "depth=2", "new=1"} {
		if err := checkSettings(run, []string{heeded}); err != nil {
			t.Errorf("%s: %v", heeded, err)
		}
	}
	for _, beaten := range []string{"MaxDepth=4", "maxdepth=4", "max-depth=4"} {
		err := checkSettings(run, []string{"c=2", beaten})
		if err == nil || !strings.HasPrefix(err.Error(), "rerun run 9: set "+beaten+": ") || !strings.Contains(err.Error(), "MaxDepth = 3 as a flag") {
			t.Errorf("%s: %v; want it refused", beaten, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason   string
		env, set []string
		want     []string
		lost     string // named to the user
	}{
		{
			"what is recorded, and what makes it a rerun",
			[]string{"PATH=/bin", "EMPTY=", "PWD=/work"},
			nil,
			[]string{"PATH=/bin", "EMPTY=", "PWD=/work", "LABBOOK_DIR=/book", "LABBOOK_RERUN_OF=u"},
			"",
		},
		{
			"the lab-book is ours, and the rerun is of this run",
			[]string{"LABBOOK_DIR=/other", "LABBOOK_RERUN_OF=v", "LABBOOK_CACHE=off"},
			nil,
			[]string{"LABBOOK_CACHE=off", "LABBOOK_DIR=/book", "LABBOOK_RERUN_OF=u"},
			"",
		},
		{
			"secrets are ours; those that we lack are left out",
			[]string{sharedSecret + "=" + runlog.Masked, lostSecret + "=" + runlog.Masked, "OTHER_TOKEN="},
			nil,
			[]string{sharedSecret + "=ours", "OTHER_TOKEN=", "LABBOOK_DIR=/book", "LABBOOK_RERUN_OF=u"},
			lostSecret,
		},
		{
			"new settings come after the old ones, and so replace them",
			[]string{"LABBOOK_SET=a=1 b=2"},
			[]string{"b=3", "c=4"},
			[]string{"LABBOOK_DIR=/book", "LABBOOK_RERUN_OF=u", "LABBOOK_SET=a=1 b=2 b=3 c=4"},
			"",
		},
		{
			"old settings stay",
			[]string{"LABBOOK_SET=a=1"},
			nil,
			[]string{"LABBOOK_DIR=/book", "LABBOOK_RERUN_OF=u", "LABBOOK_SET=a=1"},
			"",
		},
		{
			"what Windows has, and what has no value",
			[]string{`=C:=C:\`, "ODD"},
			nil,
			[]string{`=C:=C:\`, "ODD", "LABBOOK_DIR=/book", "LABBOOK_RERUN_OF=u"},
			"",
		},
		{
			"what verified the old run does not verify this one",
			[]string{"LABBOOK_VERIFY=5%", "LABBOOK_VERIFY_KEY=ab", "LABBOOK_VERIFYING=x"},
			nil,
			[]string{"LABBOOK_VERIFYING=x", "LABBOOK_DIR=/book", "LABBOOK_RERUN_OF=u"},
			"",
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			run := &record.RunDetail{Run: record.Run{ID: 2, UUID: "u", Env: test.env}}
			told := ""
			o := Options{Dir: "/book", Progress: func(text string) { told += text }}
			if diff := cmp.Diff(test.want, environment(run, test.set, &o)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			reportLostSecrets(run, &o)
			want := ""
			if test.lost != "" {
				want = "run 2 had secrets that are not in the lab-book and not set here: " + test.lost
			}
			if told != want {
				t.Errorf("told %q, want %q", told, want)
			}
		})
	}
}

func TestMoreVariables(t *testing.T) {
	t.Parallel()
	run := &record.RunDetail{Run: record.Run{ID: 2, UUID: "u", Env: []string{"A=1", "LABBOOK_VERIFY=5%"}}}
	got := environment(run, nil, &Options{Dir: "/book", Env: []string{"LABBOOK_VERIFY=100%"}})
	if diff := cmp.Diff([]string{"A=1", "LABBOOK_VERIFY=100%", "LABBOOK_DIR=/book", "LABBOOK_RERUN_OF=u"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
