// Package secrets masks what should not be kept: passwords, tokens and keys in the
// environment, the arguments and the parameters of a program, and in the changes
// of its source.
//
//	m := secrets.New()                            // the rules below
//	m.Arguments([]string{"fit", "--token=abcd"})  // "fit", "--token=••••"
//	m.Environment([]string{"DB_PASSWORD=hunter2"}) // "DB_PASSWORD=••••"
//	m.Text(diff)                                  // by shape alone
//
// # What is a secret
//
// By name: a variable, flag or parameter with a word such as password, passphrase,
// secret, token, credential, cookie, authorization or apikey in its name; or with
// auth, pass, pwd, pat or dsn at the end; or with api, access, private, signing or
// the like before key. Words are told apart by what is no letter or digit, and by
// case: API_KEY, api-key and apiKey are alike, and PASSENGERS, KEYBOARD_LAYOUT and
// TOKENIZERS_PARALLELISM are none of them. What can hardly be a secret is left
// alone: nothing, true, a number below 1000, the number of MAX_TOKENS, and what
// is called a place, as TOKEN_FILE is.
//
// By shape, whatever it is called and wherever it stands: tokens of GitHub, GitLab,
// AWS, Google, Slack, Stripe, OpenAI, Anthropic, Hugging Face, npm, PyPI and
// SendGrid, JSON web tokens, private keys in PEM, bearer tokens, and the password
// in an address such as postgres://me:password@host.
//
// By place, in the arguments of a few well-known programs: curl -u me:password, wget
// --user the same, and mysql -ppassword with its relatives, mariadb's too.
//
// It is a net with holes: a password that is neither called one nor looks like
// one is kept. Users add to it; see the grammar of [Parse].
//
// # How it is masked
//
// Of an environment variable all of the value, so that a rerun can take it from
// where it is started. Of an argument, a parameter or a text the secret alone;
// of an argument with several, all of what holds them: no argument has two
// masks. To mask again what is masked changes nothing.
package secrets
