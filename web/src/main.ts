import { mount } from 'svelte';
import './app.css';
import App from './planner/App.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
// Every page of the map is this one under another name (vite.config.ts).
if (location.pathname.endsWith('/embed.html')) void import('./embed/App.svelte').then(({ default: Embed }) => { mount(Embed, { target }); });
else if (location.pathname.endsWith('/print.html')) void import('./print/PrintSheet.svelte').then(({ default: PrintSheet }) => { mount(PrintSheet, { target }); });
else mount(App, { target });
