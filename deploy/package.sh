#!/bin/sh
# Packs the programs for machines without containers: target/package/handoff-VERSION-TARGET.tar.gz and its SHA256SUMS.
#
#   deploy/package.sh                       builds the release first
#   deploy/package.sh --programs FOLDER     packs the programs in FOLDER, stripped
#
# The programs are left in target/programs too, from where an image takes them (deploy/Dockerfile, PROGRAMS=prebuilt). The
# archive's bytes depend on its content and on SOURCE_DATE_EPOCH (the last commit's time unless set), nothing else.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
names='handoff handoff-qualification handoff-sla handoff-reporting'

programs=
case ${1:-} in
'') ;;
--programs) programs=${2:?a folder} ;;
*)
    echo "usage: deploy/package.sh [--programs FOLDER]" >&2
    exit 2
    ;;
esac
if [ -z "$programs" ]; then
    SQLX_OFFLINE=true cargo build --locked --release --bins
    programs=$target/release
fi

version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
triple=$(rustc -vV | sed -n 's/^host: //p')
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
out=target/package
name=handoff-$version-$triple
folder=$out/$name
rm -rf "$folder" target/programs
mkdir -p "$folder/bin" "$folder/completions" "$folder/systemd" "$folder/etc" target/programs

for program in $names; do
    # A release is stripped already.
    strip -o "$folder/bin/$program" "$programs/$program"
    chmod 0755 "$folder/bin/$program"
    cp "$folder/bin/$program" target/programs/
done
for shell in bash zsh fish; do
    "$folder/bin/handoff" completions "$shell" >"$folder/completions/handoff.$shell"
done
cp deploy/systemd/*.service "$folder/systemd/"
cp deploy/systemd/*.env "$folder/etc/"
cp LICENSE README.md CHANGELOG.md SECURITY.md deploy/INSTALL.md "$folder/"

sums=$(cd "$folder" && find . -type f -print | LC_ALL=C sort | xargs sha256sum)
printf '%s\n' "$sums" >"$folder/SHA256SUMS"
tar --directory "$out" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" --mode='u+rwX,go+rX,go-w' \
    --create "$name" | gzip --no-name -9 >"$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" >SHA256SUMS)
echo "$out/$name.tar.gz"
