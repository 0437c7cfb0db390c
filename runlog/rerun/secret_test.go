package rerun

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"labbook/runlog/record"
	"labbook/runlog/secrets"
)

const m = secrets.Masked

func TestFillIn(t *testing.T) {
	t.Setenv("LABBOOK_SECRET_TOKEN", "from variable")
	t.Setenv("LABBOOK_SECRET_3", "third")
	t.Setenv("LABBOOK_SECRET_PLAIN", "plain")
	for _, test := range []struct { //nolint:paralleltest // the environment is everybody's
		reason                   string
		argv, env, set           []string
		wantArgv, wantEnv, wants []string
	}{
		{
			"nothing is masked",
			[]string{"fit", "-c=2"},
			[]string{"LABBOOK_SET=a=1"},
			[]string{"b=2"},
			[]string{"fit", "-c=2"},
			[]string{"LABBOOK_SET=a=1"},
			[]string{"b=2"},
		},
		{
			"from a setting, which is for nothing else then",
			[]string{"fit", "--db-password=" + m, "-apiKey", m},
			nil,
			[]string{"DBPassword=x", "db-password=y=z", "b=2", "api-key=k"},
			[]string{"fit", "--db-password=y=z", "-apiKey", "k"},
			nil,
			[]string{"b=2"},
		},
		{
			"from variables",
			[]string{"fit", "--token", m, "db://me:" + m + "@host/"},
			nil, nil,
			[]string{"fit", "--token", "from variable", "db://me:third@host/"},
			nil, nil,
		},
		{
			"a setting goes before a variable",
			[]string{"fit", "--token=" + m},
			nil,
			[]string{"token=set"},
			[]string{"fit", "--token=set"},
			nil, nil,
		},
		{
			"recorded settings",
			[]string{"fit"},
			[]string{"X=" + m, "LABBOOK_SET=a=1 plain=" + m + " token=" + m + " z=1"},
			[]string{"token=set"},
			[]string{"fit"},
			[]string{"X=" + m, "LABBOOK_SET=a=1 plain=plain z=1"},
			[]string{"token=set"},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			run := &record.RunDetail{Run: record.Run{ID: 4, Argv: test.argv, Env: test.env}}
			filled, rest, err := fillIn(run, test.set)
			if err != nil {
				t.Fatal(err)
			}
			for _, diff := range []string{cmp.Diff(test.wantArgv, filled.Argv, cmpopts.EquateEmpty()), cmp.Diff(test.wantEnv, filled.Env, cmpopts.EquateEmpty()), cmp.Diff(test.wants, rest, cmpopts.EquateEmpty())} {
				if diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
			if run.Argv[0] != "fit" || len(secrets.Gaps(run.Argv)) != len(secrets.Gaps(test.argv)) {
				t.Error("what was recorded is changed")
			}
		})
	}
}

func TestMissingSecrets(t *testing.T) {
	t.Setenv("LABBOOK_SECRET_SPACED", "a b")
	run := recorded(t, 4, "--db-password="+m, "-token", m, "db://me:"+m+"@host/", m)
	run.Env = append(run.Env, "LABBOOK_SET=c=1 key="+m+" spaced="+m)
	results, err := Runs(t.Context(), []record.RunDetail{recorded(t, 3, "touch:started"), run}, Options{Dir: t.TempDir(), Set: []string{"c=2"}})
	missing, ok := errors.AsType[*SecretError](err)
	if !ok || results != nil || missing.Run != 4 {
		t.Fatalf("%v, %v; want a *SecretError of run 4", results, err)
	}
	want := []string{
		"the argument --db-password: give --set db-password=… or set LABBOOK_SECRET_DB_PASSWORD to it",
		"the argument -token: give --set token=… or set LABBOOK_SECRET_TOKEN to it",
		"argument 4, db://me:" + m + "@host/: set LABBOOK_SECRET_4 to what stands at " + m,
		"argument 5, " + m + ": set LABBOOK_SECRET_5 to what stands at " + m,
		"the setting key=" + m + ": give --set key=… or set LABBOOK_SECRET_KEY to it, without spaces",
		"the setting spaced=" + m + ": give --set spaced=… or set LABBOOK_SECRET_SPACED to it, without spaces",
	}
	if diff := cmp.Diff(want, missing.Missing); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
