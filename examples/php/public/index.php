<?php
// The front controller: every path that is no file comes here, in REQUEST_URI.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (preg_match('~^/notes/(\d+)$~', $path, $found)) {
    $title = "Note $found[1]";
} elseif ($path === '/' || $path === '/index.php') {
    $title = 'A small PHP site';
} else {
    http_response_code(404);
    $title = 'No such page';
}
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title><?= $title ?></title>
<link rel="stylesheet" href="/style.css">
<h1><?= $title ?></h1>
<p>Asked for <code><?= htmlspecialchars($_SERVER['REQUEST_URI']) ?></code>, answered by PHP <?= PHP_VERSION ?>.</p>
<ul>
  <li><a href="/notes/7">A note</a>: no file, so the front controller answers</li>
  <li><a href="/parameters.php/more/path?and=query">Parameters</a>: a script with a path after it</li>
  <li><a href="/upload.php">An upload</a></li>
  <li><a href="/slow.php">A slow answer</a>, shown while it comes</li>
</ul>
