#!/usr/bin/env bash
# Takes out one guard after the other and runs the tests that must miss it. A guard that nobody misses fails the check.
# With words, only the guards whose names contain one of them. Works in the tree, which must be clean, and cleans up.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${SWIFT_BUILD:-swift build}
trim() { local text=$1; text=${text#"${text%%[![:space:]]*}"}; printf '%s' "${text%"${text##*[![:space:]]}"}"; }

if ! git diff --quiet HEAD -- Sources migrations; then
    echo "mutations: commit or put aside the changes in Sources and migrations first" >&2
    exit 1
fi
log=$(mktemp)
restore() { git checkout --quiet HEAD -- Sources migrations; rm -f "$log"; }
trap restore EXIT

wanted() {
    [ "${#words[@]}" = 0 ] && return 0
    local word
    for word in "${words[@]}"; do [[ $1 == *"$word"* ]] && return 0; done
    return 1
}

words=("$@")
bad=0
count=0
# Two bars in a filter are no separator: the fields stand between bars with spaces around them.
while IFS= read -r line <&3; do
    case $line in '' | '#'*) continue ;; esac
    name=$(trim "${line%% | *}"); rest=${line#* | }
    file=$(trim "${rest%% | *}"); rest=${rest#* | }
    filter=$(trim "${rest##* | }"); expression=${rest% | *}
    store=sqlite
    case $filter in 'postgresql: '*) store=postgresql filter=${filter#postgresql: } ;; esac
    wanted "$name" || continue
    count=$((count + 1))
    sed -E -i "$expression" "$file"
    if git diff --quiet HEAD -- "$file"; then
        verdict="is not where the list says"; bad=1
    elif ! $build --build-tests > "$log" 2>&1; then
        verdict="cannot be taken out: it does not build"; bad=1
        grep -m 3 'error:' "$log" || true
    elif TEST_STORE=$store TEST_PATIENCE=60 TORTURE_POINTS=12 \
        timeout 900 swift test --skip-build --disable-xctest --filter "$filter" > "$log" 2>&1; then
        verdict="is missed by nobody"; bad=1
    elif grep -q 'recorded an issue' "$log"; then
        verdict="is missed: $(grep -m 1 -oE '(Test|Suite) .* recorded an issue' "$log" | cut -c1-100)"
    else
        verdict="ends the tests: $(tail -n 1 "$log" | cut -c1-100)"
    fi
    echo "$name: $verdict"
    git checkout --quiet HEAD -- "$file"
done 3< Tests/mutations/guards.txt
echo "$count guards were taken out"
exit $bad
