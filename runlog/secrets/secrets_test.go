package secrets

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Tokens in the shapes of their makers, all made up; put together here, so that
// nobody who looks for real ones stumbles on them.
const (
	letters = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
	github  = "ghp_" + letters
	pat     = "github_pat_" + letters + "_" + letters
	aws     = "AKIA" + "IOSFODNN7EXAMPLE"
	openai  = "sk-" + "proj-" + letters
	slack   = "xoxb-" + "123456789012-abcdefABCDEF"
	jwt     = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fwpM"
	pem     = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEAu1SU1LfVLPHCozMxH2Mo\n4lgOEePzNm0tRgeLezV6ffAt0gunVTLw\n-----END RSA PRIVATE KEY-----"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"PASSWORD", "password", "DB_PASSWORD", "PGPASSWORD", "dbPassword", "db-password", "MYSQL_PWD", "DB_PASS", "PASS", "SSHPASS_PASS",
		"SECRET", "CLIENT_SECRET", "client-secret", "clientSecret", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN",
		"GITHUB_TOKEN", "githubtoken", "HF_TOKEN", "token", "TOKEN", "API_TOKENS", "API_KEY", "apikey", "APIKEY", "apiKey", "APIKey",
		"OPENAI_API_KEY", "OPENAI_KEY", "WANDB_API_KEY", "X-Api-Key", "PRIVATE_KEY", "privatekey", "SIGNING_KEY", "ENCRYPTION_KEY", "MASTER_KEY",
		"ACCOUNT_KEY", "CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS", "GIT_CREDENTIAL", "SESSION_COOKIE", "Authorization", "Proxy-Authorization",
		"BASIC_AUTH", "NPM_CONFIG__AUTH", "GITHUB_PAT", "SENTRY_DSN", "PASSPHRASE", "VAULT_PASSPHRASE", "ROOT_PASSWD", "app.secret",
		"TOKEN_LIMIT_BYPASS_TOKEN", "JWT", "auth_token",
	} {
		if !isSecretName(name, "hunter2") {
			t.Errorf("%s=hunter2 is kept", name)
		}
	}
	for _, name := range []string{
		"PATH", "HOME", "PWD", "OLDPWD", "SHELL", "LANG", "TERM", "USER", "AUTHOR", "GIT_AUTHOR_NAME", "AUTHORS", "AUTH", "auth", "AUTHENTICATE",
		"KEYBOARD_LAYOUT", "KEYBOARD", "KEY", "key", "SORT_KEY", "PRIMARY_KEY", "CACHE_KEY", "PUBLIC_KEY", "KEYS", "KEYRING", "MONKEY", "TURKEY",
		"PASSENGERS", "PASSENGER_COUNT", "COMPASS", "BYPASS", "PASSES", "passive", "PASSAGE",
		"TOKENIZERS_PARALLELISM", "TOKENIZER", "tokenize", "TOKENIZED", "SECRETARY", "SECRETION",
		"SSH_AUTH_SOCK", "XAUTHORITY", "GOPATH", "GOPRIVATE", "PATCH", "PATTERN", "DSNAME", "COOKIECUTTER",
		"SUDO_ASKPASS", "SSH_ASKPASS", "PASSWORD_FILE", "TOKEN_PATH", "DOCKER_SECRET_DIR", "PASSWORD_STORE_DIR", "password-stdin", "TOKEN_TYPE",
		"no-password", "ask-pass", "show-token", "seed", "C", "max-depth", "", "_", "LABBOOK_DIR", "DBUS_SESSION_BUS_ADDRESS", "XDG_SESSION_ID",
		"JOBLIB_DEBUG", "GOFLAGS", "CLASSPATH", "MANPATH", "LS_COLORS", "SPATIAL", "EXPAT",
	} {
		if isSecretName(name, "hunter2") {
			t.Errorf("%s=hunter2 is masked", name)
		}
	}
	for _, test := range []struct {
		name, value string
		want        bool
	}{
		{"MAX_TOKENS", "4096", false},
		{"maxtokens", "4096", false},
		{"tokens", "100000", false},
		{"tokensPerBatch", "2.5e6", false},
		{"token_limit", "4096", false},
		{"pad_token", "<pad>", false},
		{"mask-token", "[MASK]", false},
		{"token", "4096", true},
		{"MAX_TOKENS", "abcd", true},
		{"PASSWORD", "1234", true},
		{"PASSWORD", "12", false},
		{"pass", "2", false},
		{"USE_PASSWORD", "true", false},
		{"TOKEN", "", false},
		{"TOKEN", Masked, false},
	} {
		if got := isSecretName(test.name, test.value); got != test.want {
			t.Errorf("%s=%s is secret: %t", test.name, test.value, got)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"use " + github + ".", "use " + Masked + "."},
		{pat, Masked},
		{"glpat-" + "abcdefghij0123456789", Masked},
		{"id=" + aws + "&", "id=" + Masked + "&"},
		{"AIza" + "SyA0123456789abcdefghijklmnopqrstuv", Masked},
		{openai, Masked},
		{"sk-" + "ant-api03-" + letters + "-x", Masked},
		{"sk_live_" + letters, Masked},
		{slack, Masked},
		{"hf_" + letters, Masked},
		{"npm_" + letters, Masked},
		{"SG." + letters + "." + letters, Masked},
		{"(" + jwt + ")", "(" + Masked + ")"},
		{"Authorization: Bearer abc123.def-456", "Authorization: Bearer " + Masked},
		{"a\n" + pem + "\nb", "a\n" + Masked + "\nb"},
		{"+" + strings.ReplaceAll(pem, "\n", "\n+") + "\n unchanged", "+" + Masked + "\n unchanged"},
		{"+-----BEGIN " + "PRIVATE KEY-----\n+MIIEpAIBAAKCAQEAu1SU1LfVLPHC\n+4lgOEePzNm0tRgeLezV6ffAt\n@@ -1 +2 @@\n-short\n", "+" + Masked + "\n@@ -1 +2 @@\n-short\n"},
		{`"-----BEGIN EC ` + `PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1\n"`, `"` + Masked + `\n"`},
		{"postgres://me:hunter2@host/db", "postgres://me:" + Masked + "@host/db"},
		{"redis://:hunter2@host:6379/0", "redis://:" + Masked + "@host:6379/0"},
		{"https://me:p@ss@host/", "https://me:" + Masked + "@host/"},
		{"amqp://me:a/b#c@host/", "amqp://me:" + Masked + "@host/"},
		{"a://x:one@h b://y:two@h", "a://x:" + Masked + "@h b://y:" + Masked + "@h"},

		{"https://host:8080/@scope/package", "https://host:8080/@scope/package"},
		{"https://me@host/path", "https://me@host/path"},
		{"git@github.com:me/repo.git", "git@github.com:me/repo.git"},
		{"ssh://git@host:22/repo", "ssh://git@host:22/repo"},
		{"https://host/a:b@c", "https://host/a:b@c"},
		{"https://me:@host/", "https://me:@host/"},
		{"://", "://"},
		{"ghp_short", "ghp_short"},
		{"sk-learn-classification-2024-results", "sk-learn-classification-2024-results"},
		{"task-0123456789abcdef0123", "task-0123456789abcdef0123"},
		{"the bearer certificate", "the bearer certificate"},
		{"eyJust a word. Another", "eyJust a word. Another"},
		{"AKIAxyz", "AKIAxyz"},
		{"9f3c1e7ab1254d0e8a7bb0c59f3c1e7ab1254d0e", "9f3c1e7ab1254d0e8a7bb0c59f3c1e7ab1254d0e"},
		{"-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEAu1SU1LfVLPHC\n", "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEAu1SU1LfVLPHC\n"},
		{"-----BEGIN PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----"},
		{"password = hunter2 is for names, not for shapes", "password = hunter2 is for names, not for shapes"},
	} {
		if got := New().Text(test.text); got != test.want {
			t.Errorf("%q\nis masked as %q\nwant         %q", test.text, got, test.want)
		}
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ reason, argv, want string }{
		{"a flag with its value", "fit|--password=hunter2|-token=x y|-c=2", "fit|--password=••••|-token=••••|-c=2"},
		{"a flag before its value", "fit|--api-key|hunter2|rest", "fit|--api-key|••••|rest"},
		{"one dash, as Go has it", "fit|-token|hunter2", "fit|-token|••••"},
		{"a flag of which no value is known", "fit|--password|--verbose|file", "fit|--password|--verbose|file"},
		{"a flag at the end", "fit|--token", "fit|--token"},
		{"short flags have no names", "fit|-p|hunter2", "fit|-p|hunter2"},
		{"a variable", "env|DB_PASSWORD=hunter2|prog", "env|DB_PASSWORD=••••|prog"},
		{"an address", "fit|--db=postgres://me:hunter2@host/db", "fit|--db=postgres://me:••••@host/db"},
		{"an address that stands alone", "fit|https://me:hunter2@host/", "fit|https://me:••••@host/"},
		{"a shape", "fit|--key|" + github + "|x=" + jwt, "fit|--key|••••|x=••••"},
		{"a query", "get|https://host/?page=2&access_token=hunter2&x=1", "get|https://host/?page=2&access_token=••••&x=1"},
		{"a header", "curl|-H|Authorization: Basic aHVudGVyMg==|-H|Accept: text/html", "curl|-H|Authorization: ••••|-H|Accept: text/html"},
		{"a header in a flag", "curl|--header=X-Api-Key: hunter2", "curl|--header=X-Api-Key: ••••"},
		{"a line for a shell", "sh|-c|export DB_PASSWORD=hunter2; prog --token abcd -x 'a b'", "sh|-c|export DB_PASSWORD=••••"},
		{"one secret in a line for a shell", "sh|-c|export DB_PASSWORD=hunter2; prog", "sh|-c|export DB_PASSWORD=••••; prog"},
		{"quotation marks", `sh|-c|export PASSWORD="hunter 2" prog`, `sh|-c|export PASSWORD="••••" prog`},
		{"what begins with the name is one value", `sh|-c|PASSWORD="hunter 2" prog`, `sh|-c|PASSWORD=••••`},
		{"a connection string", "fit|host=db user=me password=hunter2 port=5", "fit|host=db user=me password=•••• port=5"},
		{"another one", "fit|Server=x;Password=hunter2;Port=5", "fit|Server=x;Password=••••;Port=5"},
		{"JSON", `fit|{"user": "me", "password": "hunter2", "n": 3}`, `fit|{"user": "me", "password": "••••", "n": 3}`},
		{"what is no secret", "fit|--tokens=4096|--max-tokens|512|--sort-key=name|--author|me|note: tokens are words|--password-file|/run/pw", "fit|--tokens=4096|--max-tokens|512|--sort-key=name|--author|me|note: tokens are words|--password-file|/run/pw"},
		{"prose about secrets", "echo|the password is not here|token", "echo|the password is not here|token"},
		{"the program's own name", "/opt/password=x/fit|-c=2", "/opt/password=x/fit|-c=2"},
		{"nothing", "", ""},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			argv := strings.Split(test.argv, "|")
			got := New().Arguments(argv)
			want := strings.Split(test.want, "|")
			if test.reason == "a line for a shell" { // all from the first secret to the last
				want[2] += " -x 'a b'"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(got, New().Arguments(got)); diff != "" {
				t.Errorf("masked again (-once +twice):\n%s", diff)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	env := []string{
		"PATH=/bin", "GITHUB_TOKEN=abcd", "EMPTY_TOKEN=", "ODD", `=C:=C:\`, "SSH_AUTH_SOCK=/tmp/agent",
		"DATABASE_URL=postgres://me:abcd@host/db", "HOME_URL=https://host/", "OPTS=-v --token abcd", "NOTE=see " + aws,
		"LABBOOK_SECRETS=MY_ID,*_HANDLE", "LABBOOK_SET=c=2 password=abcd key=" + github, "JAVA_OPTS=-Dx=1 -Ddb.password=abcd",
	}
	want := []string{
		"PATH=/bin", "GITHUB_TOKEN=••••", "EMPTY_TOKEN=", "ODD", `=C:=C:\`, "SSH_AUTH_SOCK=/tmp/agent",
		"DATABASE_URL=••••", "HOME_URL=https://host/", "OPTS=••••", "NOTE=••••",
		"LABBOOK_SECRETS=MY_ID,*_HANDLE", "LABBOOK_SET=c=2 password=•••• key=••••", "JAVA_OPTS=••••",
	}
	if diff := cmp.Diff(want, New().Environment(env)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if env[1] != "GITHUB_TOKEN=abcd" {
		t.Error("what was given is changed")
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	patterns, err := Parse("MY_ID, *_handle ,!CACHE_TOKEN\n# a remark, with a comma\n\nre: hunter[0-9]{1,2}\n!my-other-token\n")
	if err != nil {
		t.Fatal(err)
	}
	m := New(patterns...)
	got := m.Environment([]string{"MY_ID=a", "MY_IDS=a", "USER_HANDLE=a", "CACHE_TOKEN=a", "CACHE_TOKEN=" + github, "MY_OTHER_TOKEN=a", "X=a hunter22 b", "Y_TOKEN=a"})
	want := []string{"MY_ID=••••", "MY_IDS=a", "USER_HANDLE=••••", "CACHE_TOKEN=a", "CACHE_TOKEN=••••", "MY_OTHER_TOKEN=a", "X=••••", "Y_TOKEN=••••"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	arguments := m.Arguments([]string{"fit", "--my-id", "a", "--user-handle=b", "say hunter2"})
	if diff := cmp.Diff([]string{"fit", "--my-id", "••••", "--user-handle=••••", "say ••••"}, arguments); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if got := m.Text("hunter2 and hunter3"); got != "•••• and ••••" {
		t.Errorf("the text is %q", got)
	}
}

func TestParseMistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, says string }{
		{"GOOD\nre:(", `pattern "re:(": error parsing regexp`},
		{"GOOD\nre:x*", `pattern "re:x*": it matches where nothing is`},
		{"MY_ID=5,GOOD", `pattern "MY_ID=5": want a name`},
		{"A B,GOOD", `pattern "A B": want a name`},
	} {
		patterns, err := Parse(test.text)
		if err == nil || !strings.HasPrefix(err.Error(), test.says) {
			t.Errorf("%q: %v; want %q", test.text, err, test.says)
		}
		if got := New(patterns...).Variable("GOOD", "a"); got != Masked {
			t.Errorf("%q: the rest does not hold", test.text)
		}
	}
	for _, empty := range []string{"", "\n , ,\n", "#", "!"} {
		if patterns, err := Parse(empty); len(patterns) != 0 || err != nil {
			t.Errorf("%q: %v, %v", empty, patterns, err)
		}
	}
}

func TestFor(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(Variable, "FROM_VARIABLE")
	if m, err := For(dir); err != nil || m.Variable("FROM_VARIABLE", "a") != Masked {
		t.Errorf("without a file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte("FROM_FILE\nre:[\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := For(dir)
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, FileName)+": pattern") {
		t.Errorf("a mistake in the file: %v", err)
	}
	for _, name := range []string{"FROM_VARIABLE", "FROM_FILE", "TOKEN"} {
		if m.Variable(name, "abcd") != Masked {
			t.Errorf("%s is kept", name)
		}
	}
	if m, err := For(filepath.Join(dir, FileName)); m == nil || err == nil {
		t.Errorf("a folder that is none: %v", err)
	}
	t.Setenv(Variable, "A B")
	if _, err := For(t.TempDir()); err == nil || !strings.HasPrefix(err.Error(), "read LABBOOK_SECRETS: ") {
		t.Errorf("a mistake in the variable: %v", err)
	}
}

func TestGaps(t *testing.T) {
	t.Parallel()
	argv := New().Arguments([]string{"fit", "--db-password=hunter2", "--token", "abcd", "postgres://me:hunter2@host/", "-c=2", "x-y=" + github, github})
	gaps := Gaps(argv)
	want := []Gap{{1, "db-password"}, {3, "token"}, {4, ""}, {6, "x-y"}, {7, ""}}
	if diff := cmp.Diff(want, gaps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var variables []string
	for _, gap := range gaps {
		variables = append(variables, gap.Variable())
	}
	if diff := cmp.Diff([]string{"LABBOOK_SECRET_DB_PASSWORD", "LABBOOK_SECRET_TOKEN", "LABBOOK_SECRET_4", "LABBOOK_SECRET_X_Y", "LABBOOK_SECRET_7"}, variables); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Fill(argv[4], "new"); got != "postgres://me:new@host/" {
		t.Errorf("filled, it is %q", got)
	}
}

// hidingPlaces are where a secret may stand in the arguments of a program.
var hidingPlaces = [][]string{
	{"--password=%s"},
	{"-token=%s"},
	{"--api-key", "%s"},
	{"--db.secret", "%s", "more"},
	{"DB_PASSWORD=%s"},
	{"postgres://me:%s@host/db"},
	{"--url=https://me:%s@host:80/?q=1"},
	{"https://h/?x=1&token=%s&y=2"},
	{"Authorization: Token %s"},
	{"--header", "X-Api-Key: %s"},
	{"sh -c 'password=%s' and more"},
	{"PWD_FILE=/x", "--client-secret=%s"},
	{"user=me;pwd_pass=%s;x=1"},
	{`{"n": 1, "apiKey": "%s"}`},
	{`{"token":"%s"}`},
	{"x --token %s y"},
	{"--password=%s", "--token=%s"},
	{"a --password=%s b --token='%s' c"},
	{"ghp_%[1]s%[1]s%[1]s"},
	{"see eyJ%[1]s.%[1]s.%[1]s"},
	{"-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----"},
}

// A secret never comes through, wherever it stands, and a mask stays as it is.
func TestSecretsNeverComeThrough(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for range 20_000 {
		secret := make([]byte, 4+random.IntN(40))
		for i := range secret {
			secret[i] = alphabet[random.IntN(len(alphabet))]
		}
		argv := []string{"fit", "-c=2"}
		for range 1 + random.IntN(3) {
			for _, arg := range hidingPlaces[random.IntN(len(hidingPlaces))] {
				switch strings.Count(arg, "%") {
				case 1:
					arg = fmt.Sprintf(arg, secret)
				case 2:
					arg = fmt.Sprintf(arg, secret, secret)
				case 3:
					arg = fmt.Sprintf(arg, strings.Repeat(string(secret), 3))
				}
				argv = append(argv, arg)
			}
		}
		m := New()
		masked := m.Arguments(argv)
		for i, arg := range masked {
			if strings.Contains(arg, string(secret)) || strings.Count(arg, Masked) > 1 {
				t.Fatalf("argument %d of %q is masked as %q", i, argv, arg)
			}
		}
		if diff := cmp.Diff(masked, m.Arguments(masked)); diff != "" {
			t.Fatalf("masked again (-once +twice):\n%s", diff)
		}
		for _, arg := range argv[1:] {
			if name, _, found := strings.Cut(arg, "="); found {
				if got := m.Environment([]string{arg})[0]; strings.Contains(got, string(secret)) && isName(name) {
					t.Fatalf("the variable %q is masked as %q", arg, got)
				}
			}
		}
	}
}

// Whatever the text: nothing fails, what is masked stays so, and what stands
// around the masks stays as it was.
func FuzzMasks(f *testing.F) {
	for _, seed := range []string{
		"", pem, jwt + github, "a://b:c@d", "x=••••", "password: ", `"token"='`, "--token", "\xff://:\xff@", "••", "qtoken=A",
		"-----BEGIN PRIVATE KEY-----000000-X.00000 000000000000000000",
	} {
		f.Add(seed)
	}
	patterns, err := Parse("X_*,re:q+")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range []*Masker{New(), New(patterns...)} {
			masked := m.Text(text)
			rest := text
			for piece := range strings.SplitSeq(masked, Masked) {
				if strings.Contains(text, "•") {
					break // which pieces are masks is not to be told then
				}
				_, after, found := strings.Cut(rest, piece)
				if !found {
					t.Fatalf("%q is masked as %q, which adds %q", text, masked, piece)
				}
				rest = after
			}
			arguments := m.Arguments([]string{"fit", text, text})
			if diff := cmp.Diff(arguments, m.Arguments(arguments)); diff != "" {
				t.Fatalf("masked again (-once +twice):\n%s", diff)
			}
			value := m.Value("x", text)
			if again := m.Value("x", value); again != value {
				t.Fatalf("%q is masked as %q, and that as %q", text, value, again)
			}
		}
	})
}

func BenchmarkEnvironment(b *testing.B) {
	env := os.Environ()
	for range 40 {
		env = append(env, "SOME_ORDINARY_VARIABLE=/usr/local/share/some/folder:/another/one:a=b,c=d")
	}
	dir := b.TempDir()
	for b.Loop() {
		m, err := For(dir)
		if err != nil {
			b.Fatal(err)
		}
		m.Environment(env)
	}
}

func BenchmarkText(b *testing.B) {
	text := strings.Repeat("+\t\trate *= 0.995 // a line of some length: x = y\n", 20_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		New().Text(text)
	}
}

func TestArgumentsOfTools(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ argv, want string }{
		{"curl -u me:hunter2 https://host:80/", "curl -u me:•••• https://host:80/"},
		{"/usr/bin/curl -fsSu me:hunter2 host", "/usr/bin/curl -fsSu me:•••• host"},
		{"curl.exe -ume:hunter:2 host", "curl.exe -ume:•••• host"},
		{"curl --user me:hunter2 --proxy-user=you:hunter3 host", "curl --user me:•••• --proxy-user=you:•••• host"},
		{"curl -U me:hunter2 host", "curl -U me:•••• host"},
		{"wget --user=me:hunter2 host", "wget --user=me:•••• host"},
		{"curl -u me https://host:80/", "curl -u me https://host:80/"},
		{"curl -u : --negotiate host", "curl -u : --negotiate host"},
		{"curl -o u http://host:80/a:b", "curl -o u http://host:80/a:b"},
		{"curl -ou http://host:80/a:b", "curl -ou http://host:80/a:b"},
		{"docker run -u 1000:1000 image", "docker run -u 1000:1000 image"},
		{"mysql -uroot -phunter2 -P3306 base", "mysql -uroot -p•••• -P3306 base"},
		{"mariadb-dump -phunter2 base", "mariadb-dump -p•••• base"},
		{"mysql -p --port=3306 base", "mysql -p --port=3306 base"},
		{"find mysql -print", "find mysql -print"},
		{"ssh -p22 host", "ssh -p22 host"},
	} {
		got := New().Arguments(strings.Fields(test.argv))
		if diff := cmp.Diff(strings.Fields(test.want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.argv, diff)
		}
		if diff := cmp.Diff(got, New().Arguments(got)); diff != "" {
			t.Errorf("%s, masked again (-once +twice):\n%s", test.argv, diff)
		}
	}
	if got := New().Arguments(nil); len(got) != 0 {
		t.Errorf("of nothing it makes %q", got)
	}
}
